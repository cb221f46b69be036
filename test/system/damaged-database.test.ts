// A running product whose database is damaged under it: what people, operators and the record see of that.
import { closeSync, existsSync, openSync, readdirSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { exampleSite, runPostern, startForTest, temporarySite } from "./command.ts";
import { type Product, poll } from "./product.ts";

/** What a worn card does: from here on it gives back anything for what was written to it, file and log alike. */
function overwrite(path: string, fromByte: number): void {
  const file = openSync(path, "r+");
  const { size } = statSync(path);
  writeSync(file, Buffer.alloc(size - fromByte, 0xa5), 0, size - fromByte, fromByte);
  closeSync(file);
}

async function signalOf(product: Product, tap: string): Promise<unknown> {
  const signal = product.board.next((one) => one.kind === "signal" && one["signal"] !== "key");
  await product.board.send(tap);
  return (await signal)["signal"];
}

const wellAgain = (product: Product) =>
  poll(async () => {
    const { health } = await product.status();
    const stateOf = (part: string) => health.find((one) => one.part === part)?.state;
    return stateOf("ledger") === "ok" && stateOf("database") === "fault";
  });

test("a database damaged while it runs comes back by itself, and says so until an operator takes note", async () => {
  const { state } = temporarySite();
  const product = await startForTest({ config: exampleSite(), state });
  const database = join(state, "ledger.db");
  const ask = (...words: string[]) => runPostern([...words, "--state", state]);
  expect((await ask("people", "add", "Bo Lind", "--door", "front", "--card", "00B775D2")).code).toBe(0);
  await poll(async () => existsSync(`${database}.good`));
  overwrite(database, 4_096);
  overwrite(`${database}-wal`, 32);
  process.kill(product.pidOf("ledger") ?? 0, "SIGKILL");
  await wellAgain(product);
  expect(await signalOf(product, "tap front-reader B775D2")).toBe("granted");
  const status = await ask("status");
  expect(status.code).toBe(1);
  expect(status.out).toMatch(/database +FAULT since .*postern clear recovery.*ledger\.db\.damaged-1/);
  expect(product.stderr()).toContain("ledger: ledger.recovered: The database is damaged");
  expect((await ask("log", "show")).out).toContain("The database was damaged and came back");
  expect((await ask("log", "verify")).err).toMatch(/^The record before event 1 is gone: \d+ events/);
  expect(await ask("clear", "recovery")).toMatchObject({ code: 0, out: "Cleared.\n" });
  expect((await ask("clear", "recovery")).err).toBe(
    "postern clear: There is no recovery of the database to take note of.\n",
  );
  await poll(async () =>
    (await ask("log", "show")).out.includes("Recovery of the database noted from the command line"),
  );
  expect((await ask("status")).code).toBe(0);
  await product.stop();
  const again = await startForTest({ config: exampleSite(), state });
  expect((await again.status()).health.find(({ part }) => part === "database")?.state).toBe("ok");
  expect(readdirSync(state).filter((name) => name.startsWith("ledger.db.damaged"))).toContain("ledger.db.damaged-1");
});
