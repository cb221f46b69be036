// Makes carried passes with an issuer's key; what a door would refuse is not made. Knows no store: the serial is the caller's.
import { exceededLimit } from "../domain/carried-pass/carried-holder.ts";
import { encodeBody, maxBodyBytes, maxRevoked, maxSerial, maxUses } from "../domain/carried-pass/pass-body.ts";
import type { PassClaims } from "../domain/carried-pass/pass-claims.ts";
import { minuteMs, minuteOfUnix } from "../domain/carried-pass/pass-claims.ts";
import { carriedId, passKeyLimits } from "../domain/carried-pass/pass-key.ts";
import { textOfBytes } from "../domain/carried-pass/pass-text.ts";
import { codeOfPass, provenText, tagOf } from "../domain/carried-pass/read-pass.ts";
import type { PassId } from "../domain/ids.ts";
import type { IssuerKey } from "./issuer-key.ts";
import { macOf, signatureOf } from "./issuer-key.ts";
import { limitText } from "./key-limits.ts";

export type MintedPass =
  | {
      readonly ok: true;
      readonly id: PassId;
      /** The digits that the QR holds. */
      readonly text: string;
      /** To be sent apart from it; null where doors will not take one. */
      readonly code: string | null;
    }
  | { readonly ok: false; readonly problem: string };

export function mintPass(issuer: IssuerKey, claims: PassClaims): MintedPass {
  const { key, secret } = issuer;
  const { form } = key;
  if (form === "code") return refuse(`The key "${key.id}" makes codes for keypads, not passes.`);
  const problem = unwritable(claims) ?? beyond(issuer, claims);
  if (problem !== null) return refuse(problem);
  const body = encodeBody({ form, key: key.number }, claims);
  if (body.length > maxBodyBytes[form]) {
    return refuse("The pass says too much for one QR code: name fewer floors, or revoke fewer passes with it.");
  }
  const crypto = { mac: macOf };
  const proof = form === "mac" ? tagOf(secret, body, crypto) : signatureOf(secret, provenText(body));
  const text = textOfBytes(Uint8Array.from([...body, ...proof]));
  const code = form === "mac" ? codeOfPass(secret, body, crypto) : null;
  return { ok: true, id: carriedId(key.number, claims.serial), text, code };
}

const refuse = (problem: string): MintedPass => ({ ok: false, problem });

/** What the bytes have no room for. */
function unwritable({ serial, from, until, uses, recurrence, places, floors, revokes }: PassClaims): string | null {
  if (serial < 1 || serial > maxSerial) return "This key has no serials left: make a new key.";
  const isMinute = (wall: number) => Number.isInteger(wall) && wall % minuteMs === 0;
  if (!isMinute(from) || !isMinute(until)) return "A pass begins and ends with a whole minute.";
  if (until <= from) return "The pass must end after it begins.";
  if (minuteOfUnix(from) < 0 || minuteOfUnix(until) > maxSerial) return "The pass must lie between 2025 and 2056.";
  if (uses !== null && (uses.count < 1 || uses.count > maxUses)) return `A pass opens 1 to ${maxUses} times.`;
  const isEmpty =
    recurrence?.days.length === 0 || places?.length === 0 || (floors !== "person" && floors?.length === 0);
  if (isEmpty) return "Name at least one day, place or floor, or leave the rule out.";
  if (recurrence !== null && (recurrence.minutes < 1 || recurrence.minutes > 1_440))
    return "An occurrence lasts up to a day.";
  if (floors !== null && floors !== "person" && floors.some((n) => n < 1 || n > passKeyLimits.floors)) {
    return `Floors are numbered 1 to ${passKeyLimits.floors}.`;
  }
  if (revokes === null) return null;
  const revoked = [...(revokes.upTo === null ? [] : [revokes.upTo]), ...revokes.serials];
  if (revoked.length < 1 || revoked.length > maxRevoked) return `A pass revokes up to ${maxRevoked} others.`;
  return revoked.every((one) => one < serial) ? null : "A pass can only revoke older ones.";
}

function beyond({ key }: IssuerKey, claims: PassClaims): string | null {
  if (claims.code && key.form === "signed") {
    return "A signed pass has no code: use a key of the mac form where a code must be typed.";
  }
  if (key.state !== "active") return `The key "${key.id}" is set aside.`;
  const limit = exceededLimit(key, claims);
  return limit === null ? null : limitText(key, limit);
}
