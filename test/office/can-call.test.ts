// What a call bridge is told over HTTP.
import { afterEach, expect, test } from "vitest";
import { completePerson } from "../../src/domain/directory.ts";
import type { DoorId } from "../../src/domain/ids.ts";
import { always } from "../../src/domain/schedule.ts";
import { addToken } from "./api-access.ts";
import { fetchFrom } from "./http-client.ts";
import type { OfficeBench } from "./office-bench.ts";
import { openBench } from "./office-bench.ts";

let bench: OfficeBench;

afterEach(() => bench.close());

const ask = (token: string) =>
  fetchFrom(bench.address, "/v1/can-call?person=ana&door=front", { headers: { authorization: `Bearer ${token}` } });
const person = completePerson({
  kind: "person",
  id: "ana" as never,
  name: "Ana",
  state: "active",
  validity: { from: null, until: null },
});

test("a bridge with a token for it learns who may be called, and one without learns nothing", async () => {
  const grants = [{ door: "front" as DoorId, schedule: always }];
  bench = await openBench({ callFacts: { person, grants, holidays: [], trusted: true } });
  const reply = await ask(addToken(bench.accessFile, "bridge", { scopes: ["query"] }));
  expect([reply.status, reply.json]).toEqual([200, { ok: true, canCall: true }]);
  const opener = await ask(addToken(bench.accessFile, "opener"));
  expect([opener.status, opener.text]).toEqual([401, (await ask("postern_nothing")).text]);
});

test("acceptance 23: somebody without a right at that time may not be called, and may with the permission off", async () => {
  bench = await openBench({ callFacts: { person, grants: [], holidays: [], trusted: true } });
  expect((await ask(addToken(bench.accessFile, "bridge", { scopes: ["query"] }))).json).toMatchObject({
    canCall: false,
  });
  await bench.close();
  bench = await openBench({ callPermission: false });
  expect((await ask(addToken(bench.accessFile, "bridge", { scopes: ["query"] }))).json).toMatchObject({
    canCall: true,
  });
});
