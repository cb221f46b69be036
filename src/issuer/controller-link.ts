// One controller as the issuer speaks with it: its keys as they verify and unseal, and messages to it signed and sealed.
import type { KeyObject } from "node:crypto";
import { randomBytes } from "node:crypto";
import { Fault } from "../domain/fault.ts";
import { type DownKind, downPlaceOf } from "../link/down-messages.ts";
import type { Signer, Verifiers } from "../link/envelope.ts";
import { keyIdOf, publicKeyFrom, signMessage } from "../link/envelope.ts";
import { seal, sealKey, unseal } from "../link/seal.ts";
import type { Address } from "../link/topics.ts";
import { topicOf } from "../link/topics.ts";
import type { SiteKeys } from "./counted-keys.ts";
import { generationOf } from "./counted-keys.ts";
import type { Outgoing } from "./link-port.ts";
import type { ControllerKeys } from "./store.ts";

export interface Letter {
  readonly topic: string;
  readonly payload: string;
  readonly options: Outgoing;
}

const expirySeconds: Readonly<Record<Exclude<DownKind, "command">, number>> = {
  ack: 600,
  beacon: 86_400,
  delta: 600,
  chunk: 600,
  keys: 86_400,
  certificate: 86_400,
};

export class ControllerLink {
  readonly address: Address;
  readonly verifiers: Verifiers;
  readonly #site: SiteKeys;
  /** Our own that the controller seals for. */
  readonly #unsealer: KeyObject;
  readonly #seals: readonly KeyObject[];
  readonly #waiting: ReadonlyMap<string, ControllerKeys>;

  /** `believed`: ids of our keys that it says to know, null when it has said nothing yet. */
  constructor(address: Address, keys: readonly ControllerKeys[], site: SiteKeys, believed: readonly string[] | null) {
    this.address = address;
    this.#site = site;
    this.#unsealer = generationOf(site, believed).unsealer;
    this.verifiers = new Map(keys.map(({ sign }) => [keyIdOf(bytesOf(sign)), publicKeyOf("ed25519", sign)]));
    this.#waiting = new Map(keys.slice(1).map((one) => [keyIdOf(bytesOf(one.sign)), one]));
    this.#seals = keys.map(({ seal: raw }) => publicKeyOf("x25519", raw));
  }

  /** The keys of that id, when they are not in use yet. */
  waiting(keyId: string): ControllerKeys | null {
    return this.#waiting.get(keyId) ?? null;
  }

  letter(
    kind: Exclude<DownKind, "command">,
    members: object,
    { now, hidden = [], by }: { readonly now: number; readonly hidden?: readonly unknown[]; readonly by?: Signer },
  ): Letter {
    const sealed = hidden.length === 0 ? {} : { sealed: this.#seal(kind, hidden) };
    const topic = topicOf(this.address, downPlaceOf[kind]);
    const options = { expirySeconds: expirySeconds[kind], retain: kind === "beacon" };
    return { topic, payload: this.signed(kind, { ...members, ...sealed }, now, by), options };
  }

  signed(kind: DownKind, members: object, now: number, by: Signer = this.#site.signer): string {
    const { site, controller } = this.address;
    return signMessage({ kind, site, controller, at: now, ...members }, by);
  }

  /** What the controller sealed, under whichever generation of its keys and ours. */
  unsealed(kind: string, sealed: string): readonly unknown[] | null {
    const { unsealer, former } = this.#site;
    for (const own of former === null ? [unsealer] : [unsealer, former.unsealer]) {
      for (const key of this.#seals) {
        const values = unseal(kind, sealed, sealKey("up", this.address, own, key));
        if (values !== null) return values;
      }
    }
    return null;
  }

  #seal(kind: string, hidden: readonly unknown[]): string {
    const [inUse] = this.#seals;
    if (inUse === undefined) throw new Fault("issuer.noKeys", "The controller has no keys; pair it anew.");
    return seal(kind, hidden, sealKey("down", this.address, this.#unsealer, inUse), randomBytes);
  }
}

const bytesOf = (text: string): Buffer => Buffer.from(text, "base64url");

function publicKeyOf(kind: "ed25519" | "x25519", text: string): KeyObject {
  const key = publicKeyFrom(kind, bytesOf(text));
  if (key === null) throw new Fault("issuer.badKey", "A controller's key in the database is none; pair it anew.");
  return key;
}
