// Keys that a controller has made and its issuer has not answered yet, in a file beside its identity. Knows no folder.
import type { KeyObject } from "node:crypto";
import { createPrivateKey } from "node:crypto";
import { z } from "zod";
import type { IdentityFile } from "../identity.ts";
import { identitySchema, privateKeyText } from "../identity.ts";
import { identityOf, makeOwnKeys, publicHalves } from "./join-identity.ts";
import type { DeviceKeys } from "./join-messages.ts";

const pkcs8 = z.string().min(40).max(300);
const nextKeysSchema = z.strictObject({ version: z.literal(1), sign: pkcs8, seal: pkcs8, tls: pkcs8 });
type NextKeysFile = z.infer<typeof nextKeysSchema>;

export const nextKeysFile = (identityFile: string): string => `${identityFile}.next`;

/** Who the controller was before it changed its keys, until the issuer has answered it under the new ones. */
export const formerIdentityFile = (identityFile: string): string => `${identityFile}.former`;

export function makeNextKeys(): string {
  const { sign, seal, tls } = makeOwnKeys();
  const file: NextKeysFile = {
    version: 1,
    sign: privateKeyText(sign),
    seal: privateKeyText(seal),
    tls: privateKeyText(tls),
  };
  return `${JSON.stringify(file)}\n`;
}

export interface NextKeys {
  readonly halves: DeviceKeys;
  /** Who the controller is once it works with them; null when the certificate is for other keys, or there is none where there was one. */
  identity(before: string, certificate: string | null): IdentityFile | null;
}

/** Null when the text is none. */
export function readNextKeys(text: string): NextKeys | null {
  try {
    const { sign, seal, tls } = nextKeysSchema.parse(JSON.parse(text));
    const keys = { sign: privateKeyFrom(sign), seal: privateKeyFrom(seal), tls: privateKeyFrom(tls) };
    return {
      halves: publicHalves(keys),
      identity: (before, certificate) => {
        const { version: _, device: __, tls: old, ...papers } = identitySchema.parse(JSON.parse(before));
        if ((certificate === null) !== (old.certificate === null)) return null;
        return identityOf(keys, { ...papers, ca: old.ca, certificate });
      },
    };
  } catch {
    return null;
  }
}

const privateKeyFrom = (text: string): KeyObject =>
  createPrivateKey({ key: Buffer.from(text, "base64url"), format: "der", type: "pkcs8" });
