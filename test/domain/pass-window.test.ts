// When a pass is good: the earliest of all its ends, in each occurrence anew.
import { expect, test } from "vitest";
import { completePass, type Pass } from "../../src/domain/directory.ts";
import type { PassId } from "../../src/domain/ids.ts";
import type { LocalDate } from "../../src/domain/local-time.ts";
import { passBar } from "../../src/domain/pass-window.ts";
import type { DenyReason } from "../../src/domain/reasons.ts";
import { monoMs, unixMs } from "../../src/domain/time.ts";

const at = (text: string) => unixMs(Date.parse(`2026-06-${text}Z`));
const hourMs = 3_600_000;
const frame: Pass = completePass({
  kind: "pass",
  id: "guest" as PassId,
  name: "Guest",
  state: "active",
  validity: { from: at("10T09:00"), until: at("10T17:00") },
});
const barAt = (
  pass: Pass,
  text: string,
  activated: string | null = null,
  more: { trusted?: boolean; onFirstUse?: boolean } = {},
): DenyReason | "good" => {
  const now = { wall: at(text), mono: monoMs(0), trusted: more.trusted ?? true };
  const activatedAt = activated === null ? null : at(activated);
  return passBar(pass, now, "UTC", activatedAt, more.onFirstUse ?? true) ?? "good";
};
const with2Hours: Pass = { ...frame, activationMs: 2 * hourMs };

test.each<[string, Pass, string, string | null, DenyReason | "good"]>([
  ["before its frame", frame, "10T08:59:59.999", null, "notYetValid"],
  ["in the first moment of it", frame, "10T09:00", null, "good"],
  ["in the last moment of it", frame, "10T16:59:59.999", null, "good"],
  ["at its end", frame, "10T17:00", null, "expired"],
  ["with a second end that is earlier", { ...frame, expiresAt: at("10T12:00") }, "10T12:00", null, "expired"],
  ["a moment before that", { ...frame, expiresAt: at("10T12:00") }, "10T11:59:59.999", null, "good"],
  ["with a second end that is later", { ...frame, expiresAt: at("11T12:00") }, "10T17:00", null, "expired"],
  [
    "without a frame and with a second end",
    { ...frame, validity: { from: null, until: null }, expiresAt: at("10T12:00") },
    "10T12:00",
    null,
    "expired",
  ],
  ["activated at ten for two hours, before noon", with2Hours, "10T11:59:59.999", "10T10:00", "good"],
  ["activated at ten for two hours, at noon", with2Hours, "10T12:00", "10T10:00", "activationOver"],
  ["activated at four, at five the frame is over", with2Hours, "10T17:00", "10T16:00", "expired"],
  ["activated at four, just before five", with2Hours, "10T16:59:59.999", "10T16:00", "good"],
  ["not activated yet: the first use will do it", with2Hours, "10T16:00", null, "good"],
  ["activated in the future", with2Hours, "10T10:00", "10T11:00", "notYetValid"],
  ["without expiration, whenever it was opened", frame, "10T16:00", "10T09:00", "good"],
])("a pass %s", (_, pass, text, activated, expected) => expect(barAt(pass, text, activated)).toBe(expected));

test("where the first use does not activate, a pass waits for its issuer's word", () => {
  expect(barAt(with2Hours, "10T10:00", null, { onFirstUse: false })).toBe("notYetValid");
  expect(barAt(with2Hours, "10T10:00", "10T09:30", { onFirstUse: false })).toBe("good");
  expect(barAt(frame, "10T10:00", null, { onFirstUse: false })).toBe("good");
});

test("a pass waits for a clock that can be trusted, whatever that clock says", () => {
  for (const text of ["10T08:00", "10T10:00", "10T18:00"]) {
    expect(barAt(frame, text, null, { trusted: false })).toBe("clockUntrusted");
  }
});

test("between its occurrences a pass says so, within its frame only", () => {
  const daily: Pass = {
    ...frame,
    validity: { from: at("10T00:00"), until: at("14T00:00") },
    recurrence: {
      kind: "daily",
      from: "2026-06-01" as LocalDate,
      until: "2026-06-30" as LocalDate,
      window: { startMinute: 600, endMinute: 660 },
    },
  };
  expect(barAt(daily, "09T10:30")).toBe("notYetValid");
  expect(barAt(daily, "10T10:30")).toBe("good");
  expect(barAt(daily, "10T11:00")).toBe("betweenOccurrences");
  expect(barAt(daily, "14T10:30")).toBe("expired");
});
