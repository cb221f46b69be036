// The reader of system calls against lines written by hand, so that what it says of the product can be believed.
import { expect, test } from "vitest";
import { findSyncs } from "./system-calls.ts";

const log = "/s/ledger.db-wal";
const relayTrace = "/s/run.trace";

const escaped = (text: string): string => text.replaceAll('"', '\\"');
const granted = (ask: string): string =>
  `{"ask":"${ask}","credential":"ana-card","directoryVersion":1,"door":"front","type":"access.granted","usesLeft":null}`;
/** A page with more than the event in it, as strace prints one. */
const page = (body: string): string => `"\\r\\0\\0\\0\\2\\17\\210${escaped(body)}\\244X%\\320"...`;
const writing = (body: string, file = log): string => `pwrite64(20<${file}>, ${page(body)}, 4096, 57688`;
const written = (body: string, file = log): string => `801 ${writing(body, file)}) = 4096`;
const syncing = (file = log): string => `fdatasync(20<${file}>`;
const synced = (file = log): string => `801 ${syncing(file)})        = 0`;
const relayLine = (cause: string): string =>
  escaped(`{"kind":"relay","relay":"front-strike","energized":true,"cause":"${cause}","failed":null,"mono":1.5}`);
const relay = (cause: string): string => `800 write(21<${relayTrace}>, "${relayLine(cause)}\\n", 130) = 130`;

const stateOf = (...lines: readonly string[]): unknown => findSyncs(lines, relayTrace);
const found = (state: string, ask = "r-_1.7"): unknown => [{ ask, state }];

test("an event that was written and then synced before the relay is found synced", () => {
  expect(stateOf(written(granted("r-_1.7")), synced(), relay("ask:r-_1.7"))).toEqual(found("synced"));
});

test("fsync will do as well as fdatasync", () => {
  const lines = [written(granted("a.1")), `801 fsync(20<${log}>) = 0`, relay("ask:a.1")];
  expect(stateOf(...lines)).toEqual(found("synced", "a.1"));
});

test("a relay that moves between the write and the sync is found out", () => {
  expect(stateOf(written(granted("r-_1.7")), relay("ask:r-_1.7"), synced())).toEqual(found("written"));
});

test("a relay that moves for an ask of which nothing is written is found out", () => {
  expect(stateOf(written(granted("r-_1.6")), synced(), relay("ask:r-_1.7"))).toEqual(found("absent"));
});

test("a sync that began before the write covers nothing of it", () => {
  const lines = [`802 ${syncing()} <unfinished ...>`, written(granted("r-_1.7"))];
  const ended = "802 <... fdatasync resumed>) = 0";
  expect(stateOf(...lines, ended, relay("ask:r-_1.7"))).toEqual(found("written"));
});

test("a sync that has not ended does not count, and counts once it has", () => {
  const begun = [written(granted("r-_1.7")), `801 ${syncing()} <unfinished ...>`];
  const ended = "801 <... fdatasync resumed>)     = 0";
  expect(stateOf(...begun, relay("ask:r-_1.7"), ended)).toEqual(found("written"));
  expect(stateOf(...begun, ended, relay("ask:r-_1.7"))).toEqual(found("synced"));
});

test("a write counts from its end on, whatever came in between", () => {
  const begun = `801 ${writing(granted("r-_1.7"))} <unfinished ...>`;
  const ended = "801 <... pwrite64 resumed>)      = 4096";
  const other = `802 ${syncing()}) = 0`;
  expect(stateOf(begun, other, ended, relay("ask:r-_1.7"))).toEqual(found("written"));
  expect(stateOf(begun, ended, other, relay("ask:r-_1.7"))).toEqual(found("synced"));
  expect(stateOf(begun, relay("ask:r-_1.7"), ended)).toEqual(found("absent"));
});

test("what failed, fell short or was cut off by a kill did not happen", () => {
  const failedSync = `801 ${syncing()}) = -1 EIO (Input/output error)`;
  const killedSync = [`801 ${syncing()} <unfinished ...>`, "801 <... fdatasync resumed>) = ?"];
  const short = `801 ${writing(granted("r-_1.7"))}) = 2048`;
  const failed = `801 ${writing(granted("r-_1.7"))}) = -1 ENOSPC (No space left on device)`;
  const move = relay("ask:r-_1.7");
  expect(stateOf(written(granted("r-_1.7")), failedSync, move)).toEqual(found("written"));
  expect(stateOf(written(granted("r-_1.7")), ...killedSync, "801 +++ killed by SIGKILL +++", move)).toEqual(
    found("written"),
  );
  expect(stateOf(short, synced(), move)).toEqual(found("absent"));
  expect(stateOf(failed, synced(), move)).toEqual(found("absent"));
});

test("a checkpoint, which writes and syncs the database itself, is no sync of the log", () => {
  const database = "/s/ledger.db";
  const lines = [written(granted("r-_1.7")), written(granted("r-_1.7"), database), synced(database)];
  expect(stateOf(...lines, relay("ask:r-_1.7"))).toEqual(found("written"));
  expect(stateOf(written(granted("r-_1.7"), database), synced(), relay("ask:r-_1.7"))).toEqual(found("absent"));
});

test("the sync of another log says nothing about this one", () => {
  const lines = [written(granted("r-_1.7")), synced("/s/other.db-wal"), relay("ask:r-_1.7")];
  expect(stateOf(...lines)).toEqual(found("written"));
});

test("only the granted event counts, not another that names the ask", () => {
  const unlocked = '{"cause":{"ask":"r-_1.7","by":"ask"},"door":"front","type":"door.unlocked"}';
  const denied = granted("r-_1.7").replace("granted", "denied");
  const neighbors = `${denied}${granted("r-_1.8")}${unlocked}`;
  expect(stateOf(written(neighbors), synced(), relay("ask:r-_1.7"))).toEqual(found("absent"));
  expect(stateOf(written(neighbors), synced(), relay("ask:r-_1.8"))).toEqual(found("synced", "r-_1.8"));
});

test("a page that is written again stays synced, and each of its events is told apart", () => {
  const both = written(`${granted("a.2")}${granted("a.1")}`);
  const lines = [written(granted("a.1")), synced(), both, relay("ask:a.1"), relay("ask:a.2"), synced()];
  expect(stateOf(...lines)).toEqual([...(found("synced", "a.1") as []), ...(found("written", "a.2") as [])]);
});

test("text inside a page that looks like a result, or like an end, deceives nobody", () => {
  const bodies = [`${granted("r-_1.7")}") = 4096`, `) = 0 ${granted("r-_1.7")} <unfinished ...>`];
  for (const body of bodies) {
    expect(stateOf(written(body), synced(), relay("ask:r-_1.7"))).toEqual(found("synced"));
    const failed = `801 ${writing(body)}) = -1 EIO (Input/output error)`;
    expect(stateOf(failed, synced(), relay("ask:r-_1.7"))).toEqual(found("absent"));
  }
});

test("relays that move for an exit, for time or at the start are nobody's ask, and other files are no trace", () => {
  const elsewhere = relay("ask:a.1").replace(relayTrace, "/s/notes");
  const event = `800 write(21<${relayTrace}>, "${escaped('{"kind":"event","text":"ask:a.1"}')}\\n", 34) = 34`;
  expect(stateOf(relay("exit:front-exit"), relay("time"), relay("start"), elsewhere, event)).toEqual([]);
});

test("lines that are no calls on files are passed over", () => {
  const noise = [
    "",
    "801 --- SIGTERM {si_signo=SIGTERM} ---",
    "801 +++ exited with 0 +++",
    "strace: Process 9 attached",
  ];
  expect(stateOf(...noise, written(granted("a.1")), synced(), ...noise, relay("ask:a.1"))).toEqual(
    found("synced", "a.1"),
  );
});
