// The `postern` command beside a running controller, as an operator uses it.
import { spawn } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RecordedEvent } from "../../src/domain/events.ts";
import { exampleSite, expectRefusal, runCommand, runPostern } from "./command.ts";
import { type Product, poll, postern, removeFolder, startProduct } from "./product.ts";

describe("with a controller running", () => {
  let product: Product;
  let where: readonly string[];
  const ask = (...args: readonly string[]) => runPostern([...args, ...where]);
  const askWith = (input: string, ...args: readonly string[]) => runPostern([...args, ...where], { input });
  const idsOf = async () => [...(await ask("people", "list")).out.matchAll(/^([a-z0-9-]+) {2}/gm)].map(([, id]) => id);
  const events = async (): Promise<RecordedEvent[]> =>
    (await ask("log", "show", "--json", "--last", "500")).out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));

  async function shown(reader: string, command: string): Promise<unknown> {
    const answer = product.board.next(
      (one) => one.kind === "signal" && one["reader"] === reader && one["signal"] !== "key",
    );
    await product.board.send(command);
    return (await answer)["signal"];
  }

  const site = exampleSite((example) => {
    example.doors[0].forcedGraceMs = 0;
  });

  beforeAll(async () => {
    product = await startProduct({ config: site });
    await product.until("office");
    where = ["--state", product.state];
  });
  afterAll(async () => {
    await product?.stop();
    if (product === undefined) return;
    for (const path of [product.state, `${product.state}.config.json`]) removeFolder(path);
  });

  test("somebody added with a new PIN is told it once, and it opens their doors and no other", async () => {
    const { code, out, err } = await ask("people", "add", "Zoë Ångström", "--door", "front", "--new-pin");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const [, pin = ""] =
      /^Zoë Ångström may enter now, under the id "zoe-angstrom"\.\nThe PIN is ([0-9]{5,8})\. It is shown this once\.\n$/.exec(
        out,
      ) ?? [];
    expect(await shown("front-keypad", `keys front-keypad ${pin}#`)).toBe("granted");
    expect(await shown("garage-reader", `keys garage-reader ${pin}#`)).toBe("denied");
    expect((await ask("people", "list")).out).toMatch(/^zoe-angstrom +Zoë Ångström +person +pin +front$/m);
  });

  test("somebody added with a PIN from standard input and cards can use them all", async () => {
    const { code, out } = await askWith(
      "0042\n",
      "people",
      "add",
      "Bo Lind",
      "--door",
      "front",
      "--door",
      "garage",
      "--pin-stdin",
      "--card",
      "00b775d2",
      "--card",
      "9C41E7B3",
    );
    expect({ code, out }).toEqual({ code: 0, out: 'Bo Lind may enter now, under the id "bo-lind".\n' });
    expect(await shown("front-keypad", "keys front-keypad 0042#")).toBe("granted");
    expect(await shown("front-keypad", "keys front-keypad 42#")).toBe("denied");
    expect(await shown("front-reader", "tap front-reader B775D2")).toBe("granted");
    expect(await shown("garage-reader", "tap garage-reader 9C41E7B3")).toBe("granted");
    expect((await ask("people", "list")).out).toMatch(
      /^bo-lind +Bo Lind +person +card …B3, card …D2, pin +front, garage$|^bo-lind +Bo Lind +person +card …D2, card …B3, pin +front, garage$/m,
    );
  });

  test("a check beside the controller weighs the codes that live there, and warns of a door where they are too easy", async () => {
    const file = join(import.meta.dirname, "..", "..", "config.example.json");
    const { code, out } = await runPostern(["check", file, "--state", product.state]);
    expect(code).toBe(0);
    expect(out).toMatch(
      /Codes that live now\n {2}front: \d codes at the keypad; a tireless guesser finds one in a day with/,
    );
    expect(out).toMatch(/garage: .*WARNING: use longer PINs here/);
    const { err } = await runPostern(["check", file, "--state", "/nowhere"]);
    expect(err).toBe("postern check: Postern is not running on this state folder.\n");
  });

  test("somebody with neither PIN nor card is told that no door opens for them", async () => {
    const { code, out } = await ask("people", "add", "Cy", "--door", "front");
    expect(code).toBe(0);
    expect(out).toContain("They have neither PIN nor card, so no door opens for them yet.\n");
  });

  test.each([
    ["a PIN that somebody has", "0042", ["--pin-stdin"], "This code is already taken. Choose another code."],
    [
      "a PIN of one digit",
      "7",
      ["--pin-stdin"],
      "The PIN is not 2 to 8 digits. Give 2 to 8 digits; leading zeros count.",
    ],
    [
      "a PIN of nine digits",
      "123456789",
      ["--pin-stdin"],
      "The PIN is not 2 to 8 digits. Give 2 to 8 digits; leading zeros count.",
    ],
    [
      "a PIN with a letter",
      "12a4",
      ["--pin-stdin"],
      "The PIN is not 2 to 8 digits. Give 2 to 8 digits; leading zeros count.",
    ],
    [
      "two PINs",
      "1357\n2468\n",
      ["--pin-stdin"],
      "The PIN is not 2 to 8 digits. Give 2 to 8 digits; leading zeros count.",
    ],
    ["no PIN at all", "", ["--pin-stdin"], "The PIN is not 2 to 8 digits. Give 2 to 8 digits; leading zeros count."],
    [
      "a million digits",
      "1".repeat(1_000_000),
      ["--pin-stdin"],
      "The PIN is not 2 to 8 digits. Give 2 to 8 digits; leading zeros count.",
    ],
    ["a card that somebody has", "", ["--card", "00B775D2"], "This code is already taken. Choose another code."],
    [
      "a card that is none",
      "",
      ["--card", "B775"],
      "The card number is not in the format 8HN. Write 8 hex digits, such as 02B775D2, or name its format in front, such as 8HN:02B775D2.",
    ],
    [
      "a door that is not there",
      "",
      ["--door", "cellar"],
      'There is no door "cellar". Name one that exists, or add it in an earlier step.',
    ],
    [
      "a schedule that is not there",
      "",
      ["--schedule", "nights"],
      'There is no schedule "nights". Name one that exists, or add it in an earlier step.',
    ],
    [
      "an id that is somebody's",
      "",
      ["--id", "bo-lind"],
      'There is somebody with the id "bo-lind" already; give this person another one with --id.',
    ],
    [
      "an id of capitals",
      "",
      ["--id", "Dora"],
      "The id is malformed. Use 1 to 63 of a to z, 0 to 9 and -, not beginning with -.",
    ],
  ])("nobody is added with %s, and one sentence says why", async (_, input, options, says) => {
    const before = await idsOf();
    expectRefusal(
      await askWith(input, "people", "add", "Dora", "--door", "front", ...options),
      `postern people: ${says}`,
    );
    expect(await idsOf()).toEqual(before);
  });

  test("adding somebody of the same name takes nothing from the one who has it", async () => {
    expectRefusal(
      await askWith("77118", "people", "add", "Bo Lind", "--door", "front", "--pin-stdin"),
      'postern people: There is somebody with the id "bo-lind" already; give this person another one with --id.',
    );
    expect(await shown("front-keypad", "keys front-keypad 0042#")).toBe("granted");
    expect(await shown("front-keypad", "keys front-keypad 77118#")).toBe("denied");
  });

  test("whoever is removed is let in no more, and cannot be removed twice", async () => {
    await askWith("31415", "people", "add", "Eve", "--door", "front", "--pin-stdin");
    expect(await shown("front-keypad", "keys front-keypad 31415#")).toBe("granted");
    const removed = await ask("people", "remove", "eve");
    expect(removed).toMatchObject({ code: 0, err: "", out: "Eve is gone; what the record says of them stays.\n" });
    expect(await shown("front-keypad", "keys front-keypad 31415#")).toBe("denied");
    expectRefusal(
      await ask("people", "remove", "eve"),
      'postern people: There is nobody with the id "eve"; see `postern people list`.',
    );
    expect((await ask("log", "show")).out).toContain("Eve was let in at Front door with a PIN");
  });

  test("status is quiet and 0 while all is well, and names what is not, with 1", async () => {
    await poll(async () => (await product.status()).doors.every((door) => door.locked));
    const well = await ask("status");
    expect({ code: well.code, err: well.err }).toEqual({ code: 0, err: "" });
    expect(well.out).toMatch(
      /^Front door {3}locked, closed\nGarage door {2}locked, closed\n\nAll \d+ parts are well\.\n$/,
    );
    await ask("sim", "send", "lose", "front-scanner", "chewed", "by", "a", "dog");
    const ill = await ask("status");
    expect(ill.code).toBe(1);
    expect(ill.out).toMatch(/^front-scanner {2}FAULT since \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ: chewed by a dog$/m);
    const json = await ask("status", "--json");
    expect(json.code).toBe(1);
    expect(JSON.parse(json.out).health).toContainEqual(
      expect.objectContaining({ part: "front-scanner", state: "fault" }),
    );
    await ask("sim", "send", "find", "front-scanner");
    expect((await ask("status")).code).toBe(0);
  });

  test("a forced door and a fire alarm are cleared when they may be, and refused with the reason when not", async () => {
    expectRefusal(await ask("clear", "forced", "cellar"), 'postern clear: There is no door "cellar".');
    expectRefusal(
      await ask("clear", "forced", "front"),
      "postern clear: Front door has no forced-door alarm to clear.",
    );
    expectRefusal(await ask("clear", "fire"), "postern clear: There is no fire alarm to clear.");
    await poll(async () => (await product.status()).doors.every((door) => door.locked));
    await product.board.send("open front-contact");
    expect((await ask("status")).out).toMatch(/^Front door .*FORCED/m);
    await product.board.send("close front-contact");
    expect(await ask("clear", "forced", "front")).toMatchObject({ code: 0, out: "Cleared.\n" });
    await product.board.send("activate fire-panel");
    expect((await ask("status")).out).toMatch(/^Garage door +unlocked, closed, RELEASED BY FIRE$/m);
    expectRefusal(
      await ask("clear", "fire"),
      "postern clear: The fire input still reports fire; clear the fire panel first.",
    );
    await product.board.send("release fire-panel");
    expect(await ask("clear", "fire")).toMatchObject({ code: 0, out: "Cleared.\n" });
    expect((await ask("status")).out).toMatch(/^Garage door +locked, closed$/m);
  });

  test("doors are opened, set to their modes, locked down and released, and what their mode does not take is refused", async () => {
    await poll(async () => (await product.status()).doors.every((door) => door.locked));
    const says = async (out: string, ...args: readonly string[]) =>
      expect(await ask(...args)).toMatchObject({ code: 0, out: `${out}\n`, err: "" });
    await says("Front door is unlocked for one passage.", "door", "open", "front");
    await says("Front door is blocked.", "door", "block", "front");
    expectRefusal(await ask("door", "open", "front"), "postern door: Front door is blocked; lock or unlock it first.");
    await says("Front door is unlocked.", "door", "unlock", "front");
    await says("Front door is locked down.\nGarage door is locked down.", "lockdown", "--for", "30m");
    expectRefusal(
      await ask("door", "unlock", "front"),
      "postern door: Front door is locked down; release the lockdown first.",
    );
    await says("Front door is locked.", "door", "release", "front");
    await says("Garage door is locked.", "lockdown", "--release", "garage");
    expectRefusal(await ask("lockdown", "--release"), "postern lockdown: No door is locked down.");
    await says("Front door is locked open.", "door", "hold", "front");
    expect((await ask("status")).out).toMatch(/^Front door +locked open, closed$/m);
    await says("Front door is locked.", "door", "release", "front");
    expectRefusal(await ask("door", "release", "front"), "postern door: Front door is not locked open.");
    expectRefusal(await ask("lockdown", "cellar"), 'postern lockdown: There is no door "cellar".');
    for (const wrong of [
      ["door"],
      ["door", "explode", "front"],
      ["door", "open"],
      ["door", "lock", "front", "--for", "1m"],
      ["lockdown", "--for", "soon"],
      ["lockdown", "--for", "1m", "--release"],
    ]) {
      expect((await ask(...wrong)).code, wrong.join(" ")).toBe(2);
    }
  });

  test("each login makes another link", async () => {
    const links = [await ask("login"), await ask("login")].map(({ code, out }) => {
      expect(code).toBe(0);
      return /^Good once, for 15 minutes:\n\n {2}(http:\/\/127\.0\.0\.1:\d+\/#code=[A-Z2-9]{4}-[A-Z2-9]{4}-[A-Z2-9]{4})\n\n$/.exec(
        out,
      )?.[1];
    });
    expect(links).not.toContain(undefined);
    expect(new Set(links).size).toBe(2);
    for (const link of links) expect(product.stderr()).not.toContain(link?.split("=")[1]);
  });

  test("the board takes any command from a shell, and says what is wrong with one", async () => {
    for (const command of [
      "clock step -1h",
      "clock step 1h",
      "clock drift -50",
      "press front-exit 200ms",
      "text front-scanner two  words",
    ]) {
      expect(await ask("sim", "send", ...command.split(" "))).toMatchObject({ code: 0, out: "", err: "" });
    }
    expectRefusal(
      await ask("sim", "send", "press"),
      "postern sim: Write it as: press <input> [duration], such as press exit 5s.",
    );
    expectRefusal(
      await ask("sim", "send", "tap", "front-reader", "xyz"),
      "postern sim: A card is its bytes in hex, such as 02B775D2.",
    );
    const nowhere = await ask("sim", "send", "press", "nowhere");
    expect({ code: nowhere.code, out: nowhere.out }).toEqual({ code: 1, out: "" });
    expect(nowhere.err).toMatch(/^postern sim: .*nowhere.*\n$/);
  });

  test("the record reads as sentences in columns, as many as asked for, or as JSON", async () => {
    await product.board.send("press front-exit");
    await poll(async () => (await events()).some(({ event }) => event.type === "exit.pressed"));
    const { code, out, err } = await ask("log", "show", "--last", "500");
    expect({ code, err }).toEqual({ code: 0, err: "" });
    const lines = out.trimEnd().split("\n");
    for (const line of lines) {
      expect(line).toMatch(
        /^ *\d+ {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d[ ?] [-+! ] [a-z]+\.[a-zA-Z]+ {2,}\S.*$/,
      );
    }
    expect(out).toMatch(/ \+ exit\.pressed +Exit button pressed at Front door\n/);
    expect(out).toMatch(/ \+ access\.granted +Bo Lind was let in at Front door with a card\n/);
    expect(out).toMatch(/ ! door\.forced +Front door was forced open\n/);
    expect((await ask("log", "show", "--last", "3")).out.trimEnd().split("\n")).toHaveLength(3);
    const recorded = await events();
    expect(recorded.map(({ seq }) => seq)).toEqual(recorded.map((_, n) => (recorded[0]?.seq ?? 0) + n));
  });

  test.each(["SIGINT", "SIGTERM"] as const)(
    "who follows the record sees what happens as it happens, until %s, with code 0",
    async (signal) => {
      const child = spawn(process.execPath, [postern, "log", "follow", "--last", "1", "--json", ...where]);
      let out = "";
      child.stdout.setEncoding("utf8").on("data", (text: string) => {
        out += text;
      });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await poll(async () => out.includes("\n"));
      const { seq } = JSON.parse(out.trim()) as RecordedEvent;
      await product.board.send("press garage-exit");
      await poll(async () => out.slice(out.indexOf("\n")).includes("exit.pressed"));
      child.kill(signal);
      expect(await ended).toBe(0);
      const seen = out
        .trim()
        .split("\n")
        .map((line) => (JSON.parse(line) as RecordedEvent).seq);
      expect(seen).toEqual(seen.map((_, n) => seq + n));
    },
  );

  test("a second controller on the same folder is turned away and the first goes on", async () => {
    const file = `${product.state}.config.json`;
    expectRefusal(
      await runPostern(["run", "--config", file, ...where]),
      `postern run: Another Postern already runs on this state folder (process ${product.process.pid}); stop it first with \`kill ${product.process.pid}\`.`,
    );
    expect((await ask("status")).code).toBe(0);
    expect(await shown("front-reader", "tap front-reader B775D2")).toBe("granted");
  });

  test("everything in its folder is its own user's alone", () => {
    const entries = readdirSync(product.state, { recursive: true, withFileTypes: true });
    const modes = Object.fromEntries(
      [product.state, ...entries.map((entry) => join(entry.parentPath, entry.name))].map((path) => {
        return [path.slice(product.state.length + 1), (statSync(path).mode & 0o777).toString(8)];
      }),
    );
    const extra = Object.keys(modes).filter((path) => path.startsWith("ledger.db") || path.startsWith("rescue.json"));
    expect(modes).toEqual({
      ...Object.fromEntries(extra.map((path) => [path, "600"])),
      "": "700",
      keys: "700",
      "keys/anchor": "600",
      "keys/audit-seed": "400",
      "keys/credential.key": "600",
      "accepted-config.json": "600",
      "board.sock": "600",
      "console-code": "600",
      "control.sock": "600",
      "ledger.db": "600",
      "ledger.db-shm": "600",
      "ledger.db-wal": "600",
      "ledger.sock": "600",
      "understood-config.json": "600",
    });
  });

  test("questions that are none get an answer, and no end to the controller", async () => {
    const talk = (text: string) =>
      runCommand(process.execPath, [
        "-e",
        `const s = require("net").connect(${JSON.stringify(join(product.state, "control.sock"))}, () => s.write(process.argv[1] + "\\n")); s.pipe(process.stdout)`,
        text,
      ]);
    for (const text of ["", "null", "{", '{"kind":"open"}', '{"kind":"command"}', "[]", "x".repeat(10_000)]) {
      const { out } = await talk(text);
      if (out !== "") expect(JSON.parse(out)).toHaveProperty("problem");
    }
    expect((await ask("status")).code).toBe(0);
  });
});
