// A recording of the running product, made over its real processes, replays at a desk from a copy of its state folder.
import { cpSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { DirectoryChange } from "../../src/domain/directory.ts";
import type { CredentialId, DoorId, PassId, PersonId } from "../../src/domain/ids.ts";
import { always } from "../../src/domain/schedule.ts";
import { unixMs } from "../../src/domain/time.ts";
import { exampleSite, runPostern, startForTest, temporarySite } from "../system/command.ts";
import type { Product } from "../system/product.ts";

const ana = { kind: "person", id: "ana" as PersonId } as const;
const courier = { kind: "pass", id: "courier" as PassId } as const;
const unbounded = { from: null, until: null };

const people: readonly DirectoryChange[] = [
  { op: "putPerson", person: { ...ana, name: "Ana Ruiz", state: "active", validity: unbounded } },
  { op: "putCredential", id: "ana-card" as CredentialId, kind: "card", secret: "00B775D2", holder: ana },
  { op: "putCredential", id: "ana-pin" as CredentialId, kind: "pin", secret: "04711", holder: ana },
  {
    op: "putPass",
    pass: {
      ...courier,
      name: "Courier",
      state: "active",
      validity: { from: null, until: unixMs(Date.UTC(2200, 0, 1)) },
      usesPerDoor: 1,
    },
  },
  { op: "putCredential", id: "courier-qr" as CredentialId, kind: "qr", secret: "COURIER-77", holder: courier },
  ...[ana, courier].flatMap((holder) =>
    ["front", "garage"].map((door): DirectoryChange => {
      return { op: "putGrant", holder, door: door as DoorId, schedule: always.id };
    }),
  ),
];

/** Does something and waits until this relay has taken this level, or this reader has said so. */
async function expectAfter(product: Product, command: string, seen: string): Promise<void> {
  const [what, level = ""] = seen.split(" ");
  const reply = product.board.next((message) => {
    const relay = message.kind === "relay" && message["relay"] === what;
    const signal = message.kind === "signal" && message["reader"] === what;
    return (relay && message["energized"] === (level === "energized")) || (signal && message["signal"] === level);
  });
  await product.board.send(command);
  await reply;
}

async function playOneEvening(product: Product): Promise<void> {
  await expectAfter(product, "tap front-reader B775D2", "front-strike energized");
  await product.board.send("open front-contact");
  await expectAfter(product, "close front-contact", "front-strike released");
  await expectAfter(product, "tap front-reader 00FFFF", "front-reader denied");
  await expectAfter(product, "text front-scanner COURIER-77", "front-strike energized");
  await expectAfter(product, "text front-scanner COURIER-77", "front-scanner denied");
  await expectAfter(product, "clock step -1h", "front-strike released");
  for (const pin of ["1111", "2222", "3333", "4444", "5555"]) {
    await expectAfter(product, `keys front-keypad ${pin}#`, "front-keypad denied");
  }
  // Five guesses block the keypad, for the right PIN as well.
  await expectAfter(product, "keys front-keypad 04711#", "front-keypad denied");
  await expectAfter(product, "keys garage-reader 04711#", "garage-magnet released");
  await expectAfter(product, "clock distrust", "garage-magnet energized");
  await product.board.send("stick garage-magnet");
  await product.board.send("press garage-exit 100ms");
  await expectAfter(product, "free garage-magnet", "garage-magnet released");
  await expectAfter(product, "clock trust", "garage-magnet energized");
  await expectAfter(product, "activate fire-panel", "garage-magnet released");
  await product.board.send("release fire-panel");
}

test("what the product did for an evening, it does again from its recording and a copy of its state", {
  timeout: 180_000,
}, async () => {
  const site = exampleSite((one) => {
    for (const door of one.doors) door.unlockMs = 1_500;
  });
  const { folder, state, file } = temporarySite(site);
  const first = await startForTest({ config: null, configFile: file, state });
  expect(await first.change(people)).toMatchObject({ kind: "changed" });
  // Guesses of the life before count on in the recorded one, within the same boot.
  await expectAfter(first, "keys front-keypad 0000#", "front-keypad denied");
  await first.stop();
  const copy = join(folder, "copy");
  cpSync(state, copy, { recursive: true, filter: (path) => !statSync(path).isSocket() });

  const trace = join(folder, "evening.trace");
  const product = await startForTest({ config: null, configFile: file, state, trace });
  await playOneEvening(product);
  expect(await runPostern(["clear", "fire", "--state", state])).toMatchObject({ code: 0 });
  await expectAfter(product, "tap front-reader B775D2", "front-strike energized");
  await product.stop();

  const replayed = await runPostern(["replay", trace, "--config", file, "--state", copy]);
  expect(replayed).toMatchObject({ code: 0, err: "" });
  expect(replayed.out).toMatch(/the same \d\d relay writes again\.$/m);
  expect(await runPostern(["replay", trace, "--state", copy])).toMatchObject({ code: 0 });

  const lines = readFileSync(trace, "utf8").split("\n");
  const tap = lines.findIndex((line) => line.includes('"kind":"frame"'));
  writeFileSync(trace, lines.filter((_, place) => place !== tap).join("\n"));
  const changed = await runPostern(["replay", trace, "--config", file, "--state", copy]);
  expect(changed.code).toBe(1);
  expect(changed.err).toMatch(/write \d+, \d+ ms into the recording: recorded relay front-strike energized/);
});
