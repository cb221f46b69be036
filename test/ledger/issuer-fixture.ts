// Issuers for tests: keys of each form, and passes and codes that they make.
import type { PassClaims } from "../../src/domain/carried-pass/pass-claims.ts";
import type { PassKey, PassKeyGiven } from "../../src/domain/carried-pass/pass-key.ts";
import { completePassKey } from "../../src/domain/carried-pass/pass-key.ts";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { DoorId, PassKeyId } from "../../src/domain/ids.ts";
import type { OfflineCode } from "../../src/domain/offline-code.ts";
import type { Presentation } from "../../src/domain/presentation.ts";
import { unixMs } from "../../src/domain/time.ts";
import type { IssuerKey } from "../../src/issuer/issuer-key.ts";
import { doorSecret } from "../../src/issuer/issuer-key.ts";
import { mintCode } from "../../src/issuer/mint-code.ts";
import { mintPass } from "../../src/issuer/mint-pass.ts";
import { noon, pin, qr } from "./ledger-fixture.ts";

export const hourMs = 3_600_000;

/** Place 1 is the front door, place 2 the garage. */
const places: PassKey["places"] = [
  { number: 1, doors: ["front" as DoorId] },
  { number: 2, doors: ["garage" as DoorId] },
];

export const issuerOf = (form: PassKey["form"], more: Partial<PassKeyGiven> = {}, fill = 7): IssuerKey => ({
  key: completePassKey({
    id: `desk-${form}` as PassKeyId,
    number: { mac: 7, signed: 8, code: 9 }[form],
    form,
    places,
    ...(form === "code" ? { digits: 12 } : {}),
    ...more,
  }),
  secret: Buffer.alloc(32, fill),
});

export const putKey = (issuer: IssuerKey): DirectoryChange => ({
  op: "putPassKey",
  key: issuer.key,
  secret: doorSecret(issuer),
});

/** From noon for two hours, at all places, as often as wanted. */
export const claimsOf = (more: Partial<PassClaims> = {}): PassClaims => ({
  serial: 1,
  from: unixMs(noon),
  until: unixMs(noon + 2 * hourMs),
  places: null,
  uses: null,
  recurrence: null,
  floors: null,
  code: false,
  revokes: null,
  ...more,
});

export interface Shown {
  readonly presentation: Presentation;
  readonly code: string;
}

export function passOf(issuer: IssuerKey, more: Partial<PassClaims> = {}): Shown {
  const minted = mintPass(issuer, claimsOf(more));
  if (!minted.ok) throw new Error(minted.problem);
  return { presentation: qr(minted.text), code: minted.code ?? "" };
}

/** As if its key had no limits: what a stolen or older key might make. */
export const passBeyond = (issuer: IssuerKey, more: Partial<PassClaims>): Presentation =>
  passOf({ ...issuer, key: completePassKey({ ...issuer.key, limits: { maxMinutes: null, maxUses: null } }) }, more)
    .presentation;

export function codeOf(issuer: IssuerKey, more: Partial<OfflineCode> = {}): Presentation {
  const minted = mintCode(issuer, { from: unixMs(noon), minutes: 120, once: false, n: 0, ...more });
  if (!minted.ok) throw new Error(minted.problem);
  return pin(minted.digits);
}
