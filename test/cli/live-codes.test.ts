// The codes that live at each door, as the command line counts them and as the ledger does.
import { expect, test } from "vitest";
import { liveCodesOf } from "../../src/cli/live-codes.ts";
import type { CredentialId, ScheduleId } from "../../src/domain/ids.ts";
import { countLiveCodes } from "../../src/ledger/code-counts.ts";
import {
  ana,
  courier,
  noon,
  person,
  putCredential,
  putGrant,
  putPerson,
  TestLedger,
} from "../ledger/ledger-fixture.ts";
import { site } from "../site-fixture.ts";

test("the count from the directory's pages is the ledger's own, twins included and what is over or shut left out", () => {
  const tested = new TestLedger({ ...site, codes: { ...site.codes, duress: true } });
  const shut = { id: "shut" as ScheduleId, name: "Shut", rule: { kind: "never" as const } };
  const extra = ["bo", "cy", "di", "ed"].flatMap((id, n) => [
    putPerson(id),
    putCredential(`${id}-pin`, person(id), "pin", `60${n}07`),
  ]);
  tested.change(
    ...ana,
    ...courier(1),
    { op: "putSchedule", schedule: shut },
    ...extra,
    putGrant(person("bo"), "front", "never"),
    putGrant(person("cy"), "front", "shut"),
    putGrant(person("di")),
    { op: "setHolderState", holder: person("di"), state: "suspended" },
    putGrant(person("ed"), "garage"),
    { op: "setCredentialState", id: "ed-pin" as CredentialId, state: "lost" },
  );
  for (const at of [noon, noon + 86_400_000]) {
    const { holders, schedules } = tested.ledger.exportPage(null);
    const counted = liveCodesOf(holders, schedules, at);
    expect(counted).toEqual(countLiveCodes(tested.parts.db, at));
    expect(counted.filter(({ door }) => door === "garage")).toHaveLength(at === noon ? 2 : 1);
  }
});
