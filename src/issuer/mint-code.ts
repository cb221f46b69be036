// Makes offline codes with an issuer's key; what a door would refuse is not made. Knows no store.
import { claimsOfCode, exceededLimit } from "../domain/carried-pass/carried-holder.ts";
import { minuteMs, minuteOfUnix } from "../domain/carried-pass/pass-claims.ts";
import { carriedId } from "../domain/carried-pass/pass-key.ts";
import type { PassId } from "../domain/ids.ts";
import type { OfflineCode } from "../domain/offline-code.ts";
import { codeMinutes, codeUnitMinutes, encodeCode, serialOf } from "../domain/offline-code.ts";
import type { IssuerKey } from "./issuer-key.ts";
import { macOf } from "./issuer-key.ts";
import { limitText } from "./key-limits.ts";

export type MintedCode =
  | { readonly ok: true; readonly id: PassId; readonly serial: number; readonly digits: string }
  | { readonly ok: false; readonly problem: string };

export function mintCode({ key, secret }: IssuerKey, code: OfflineCode): MintedCode {
  const { digits } = key;
  if (key.form !== "code" || digits === null) return refuse(`The key "${key.id}" makes passes, not codes for keypads.`);
  if (!codeMinutes.includes(code.minutes)) return refuse("A code cannot last so long; take the next longer duration.");
  const unitMinutes = codeUnitMinutes(digits);
  if (minuteOfUnix(code.from) < 0 || code.from % (unitMinutes * minuteMs) !== 0) {
    return refuse(`Codes of this key begin with a whole ${unitMinutes === 1 ? "minute" : "quarter of an hour"}.`);
  }
  if (key.state !== "active") return refuse(`The key "${key.id}" is set aside.`);
  const serial = serialOf(code, digits);
  const limit = exceededLimit(key, claimsOfCode(serial, digits));
  if (limit !== null) return refuse(limitText(key, limit));
  return {
    ok: true,
    id: carriedId(key.number, serial),
    serial,
    digits: encodeCode(code, digits, secret, { mac: macOf }),
  };
}

const refuse = (problem: string): MintedCode => ({ ok: false, problem });
