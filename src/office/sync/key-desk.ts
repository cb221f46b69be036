// Hands new keys of this controller to its issuer under the present ones, and changes over once the issuer has them.
import { X509Certificate } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { createSecureContext } from "node:tls";
import type { CloudRefusal } from "../../domain/events.ts";
import type { Down } from "../../link/down-messages.ts";
import { publicKeyFrom } from "../../link/envelope.ts";
import type { IdentityFile } from "../../link/identity.ts";
import { identitySchema } from "../../link/identity.ts";
import type { NextKeys } from "../../link/pairing/next-keys.ts";
import { formerIdentityFile, nextKeysFile, readNextKeys } from "../../link/pairing/next-keys.ts";
import type { Up } from "../../link/up-messages.ts";
import { writeWhole } from "../../link/whole-file.ts";

export interface KeyDeskParts {
  readonly identityFile: string;
  readonly mono: () => number;
  readonly time: () => { readonly wall: number; readonly trusted: boolean };
  readonly ask: (keys: Pick<Up<"rotate">, "signKey" | "sealKey" | "tlsKey">) => void;
  readonly hasCertificate: boolean;
  /** A sentence for whoever looks after it; null when all is well again. */
  readonly trouble: (why: string | null) => void;
}

/** How often it is asked again, and how often looked whether somebody has made keys. */
const askEveryMs = 30_000;
const lookEveryMs = 2_000;
/** By so much an issuer's clock may run ahead of ours. */
const clockSlackMs = 60_000;

export class KeyDesk {
  readonly #parts: KeyDeskParts;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: KeyDeskParts) {
    this.#parts = parts;
  }

  /** Only while the broker is there. */
  beat(): void {
    const now = this.#parts.mono();
    if (now - this.#lookedAt < lookEveryMs || now - this.#askedAt < askEveryMs) return;
    this.#lookedAt = now;
    const next = this.#next();
    if (next === null) return;
    this.#askedAt = now;
    const { sign: signKey, seal: sealKey, tls } = next.halves;
    this.#parts.ask({ signKey, sealKey, tlsKey: this.#parts.hasCertificate ? tls : null });
  }

  /**
   * Null when it is taken: from then on the file says who we are, and whoever watches it begins anew. Otherwise what is wrong: no answer to
   * what was asked, or a certificate with which nobody could connect.
   */
  certified({
    signKey,
    sealKey,
    certificate,
  }: Down<"certificate">): Extract<CloudRefusal, "stale" | "malformed"> | null {
    const next = this.#next();
    if (next === null || next.halves.sign !== signKey || next.halves.seal !== sealKey) return "stale";
    const { identityFile, trouble } = this.#parts;
    const isTaken = this.#rewrite((before) => {
      const identity = next.identity(before, certificate);
      if (identity === null || !this.#isUsable(identity.tls)) return false;
      writeWhole(formerIdentityFile(identityFile), before);
      this.#write(identity);
      // When the power is cut before this, they are asked about once more and are then the present ones already.
      rmSync(nextKeysFile(identityFile), { force: true });
      return true;
    });
    if (isTaken) return null;
    trouble(
      "The issuer's certificate for the new keys cannot be used; the present ones stay. See the issuer's clock and authority.",
    );
    return "malformed";
  }

  /** The broker would refuse it, and the controller could not even hear of another one. */
  #isUsable({ certificate: cert, key }: IdentityFile["tls"]): boolean {
    if (cert === null || key === null) return true;
    try {
      createSecureContext({ cert, key });
      const { validFrom, validTo } = new X509Certificate(cert);
      const { wall, trusted } = this.#parts.time();
      return !trusted || (Date.parse(validFrom) <= wall + clockSlackMs && wall < Date.parse(validTo));
    } catch {
      return false;
    }
  }

  /** The issuer's own keys that count from now on. False when it has said otherwise since, or when they are none. */
  renewed({ at, sign, seal }: Down<"keys">): boolean {
    const isSound = sign.every((key) => isPublicKey("ed25519", key)) && isPublicKey("x25519", seal);
    if (!isSound) return false;
    return this.#rewrite((text) => {
      const before = identitySchema.parse(JSON.parse(text));
      if (at <= (before.issuerAt ?? 0)) return false;
      const isKnown = before.issuer.seal === seal && before.issuer.sign.join() === sign.join();
      if (!isKnown) this.#write({ ...before, issuer: { sign, seal }, issuerAt: at });
      return true;
    });
  }

  #rewrite(change: (before: string) => boolean): boolean {
    const { identityFile, trouble } = this.#parts;
    try {
      const isTaken = change(readFileSync(identityFile, "utf8"));
      if (isTaken) trouble(null);
      return isTaken;
    } catch (error) {
      const why = error instanceof Error ? error.message : "unknown";
      trouble(`New keys cannot be written beside ${identityFile} (${why}); it goes on with the present ones.`);
      return true;
    }
  }

  #write(identity: IdentityFile): void {
    writeWhole(this.#parts.identityFile, `${JSON.stringify(identity, null, 2)}\n`);
  }

  #next(): NextKeys | null {
    try {
      return readNextKeys(readFileSync(nextKeysFile(this.#parts.identityFile), "utf8"));
    } catch {
      return null;
    }
  }
}

const isPublicKey = (kind: "ed25519" | "x25519", text: string): boolean =>
  publicKeyFrom(kind, Buffer.from(text, "base64url")) !== null;
