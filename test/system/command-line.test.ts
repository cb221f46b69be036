// The `postern` command without a controller: help, mistakes, nothing to talk to, scenarios; and never a programmer's stack.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { examplePath } from "../config/example.ts";
import { expectMisuse, expectRefusal, runCommand, runPostern, stackOf, temporarySite } from "./command.ts";
import { postern } from "./product.ts";

const ofPeople = ["people", "cards", "codes", "pass", "schedules", "holidays"];
const commands = ["run", "check", "status", "login", "clear", "reload", ...ofPeople, "http", "log", "sim", "replay"];

describe("help", () => {
  test.each([[[]], [["help"]], [["--help"]], [["-h"]]])("%j lists every command, with code 0", async (args) => {
    const { code, out, err } = await runPostern(args);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    for (const command of commands) expect(out).toMatch(new RegExp(`^  postern ${command}\\b`, "m"));
    expect(out).toContain("postern sim codes");
  });

  test.each(commands)("of %s is the same however it is asked for, and starts nothing", async (command) => {
    const asked = await Promise.all([
      runPostern(["help", command]),
      runPostern([command, "--help"]),
      runPostern([command, "-h"]),
      runPostern([command, "add", "--help"]),
    ]);
    for (const { code, out, err } of asked)
      expect({ code, out, err }).toEqual({ code: 0, out: asked[0]?.out, err: "" });
    expect(asked[0]?.out).toContain(`postern ${command}`);
    for (const line of asked[0]?.out.split("\n") ?? []) expect(line.length).toBeLessThanOrEqual(120);
  });

  test("tells the version", async () => {
    expect((await runPostern(["--version"])).out).toMatch(/^postern \d+\.\d+\.\d+\n$/);
  });
});

describe("a command typed wrongly", () => {
  test.each([
    [["opne"], 'There is no command "opne".'],
    [["constructor"], 'There is no command "constructor".'],
    [["help", "opne"], 'There is no command "opne".'],
  ])("%j names what is not there, with code 2 and every command", async (args, says) => {
    const ended = await runPostern(args);
    expectMisuse(ended, says);
    for (const command of commands) expect(ended.err).toContain(`postern ${command}`);
  });

  const needsVerb = [...ofPeople, "http", "log", "sim"];
  test.each(commands.filter((command) => !needsVerb.includes(command)))(
    "%s refuses an option that it does not know",
    async (command) => {
      expectMisuse(await runPostern([command, "--nonsense"]), "Unknown option '--nonsense'.");
    },
  );

  test.each([
    [["check"], "Name the file to check."],
    [["check", "one", "two"], "no more than one"],
    [["status", "now"], "Unexpected argument 'now'."],
    [["status", "--state"], "'--state <value>' argument missing"],
    [["run", "site.json"], "Unexpected argument 'site.json'."],
    [["clear"], 'Say what to clear: "fire", "recovery", or "forced" or "tamper" and the id of the door.'],
    [["clear", "forced"], "the id of the door"],
    [["clear", "fire", "front"], "the id of the door"],
    [["people"], 'Say what to do; there are "postern people list"'],
    [["people", "edit"], 'There is no "postern people edit"'],
    [["people", "add"], "Name the person."],
    [["people", "add", "Ana", "Ruiz", "--door", "front"], "quote what has spaces"],
    [["people", "add", "Ana"], "Name at least one door"],
    [["people", "add", "Ana", "--door", "front", "--new-pin", "--pin-stdin"], "Use either --new-pin or --pin-stdin."],
    [["people", "add", "李", "--door", "front"], "give one with --id."],
    [["people", "add", "Ana", "--door", "front", "--pin", "1234"], "Unknown option '--pin'."],
    [["people", "remove"], "Name the id of the person."],
    [["people", "list", "--unused", "long"], "--unused takes a number of days"],
    [["people", "add", "Ana", "--door", "front", "--role", "boss"], "--role takes general or administrator."],
    [["people", "add", "Ana", "--door", "front", "--factors", "all"], "--factors takes one of any, cardAndPin"],
    [["people", "forgive"], "Name the id of the person, or say --everybody."],
    [["cards", "lend"], 'There is no "postern cards lend"'],
    [["cards", "take", "card-1"], "Name the offer and the id of its owner"],
    [["codes", "new"], "Name the id of the person or pass."],
    [["codes", "new", "ana", "--qr", "--secret"], "Use either --qr or --secret."],
    [["codes", "public", "4", "--new"], "There are three public codes: 1, 2 and 3."],
    [["codes", "public", "1"], "Say one of --new, --pin-stdin and --off."],
    [["pass"], 'there are "postern pass new"'],
    [["pass", "new"], "Name the visitor."],
    [["pass", "new", "Eve"], "Name at least one door that it opens, with --door."],
    [["pass", "new", "Eve", "--door", "front", "--courier", "--staff"], "Use one of --courier, --visitor, --staff."],
    [["schedules", "put", "nights"], "Name the id of the schedule and its name"],
    [["schedules", "put", "nights", "Nights"], "Say when it holds"],
    [["schedules", "put", "nights", "Nights", "--window", "never=22:00-06:00"], "--window takes days such as"],
    [["holidays", "put", "xmas", "Christmas"], "Say which day it is"],
    [["holidays", "put", "xmas", "Christmas", "--on", "25.12."], "--on takes a date such as 2026-12-24."],
    [["log"], 'there are "postern log show", "postern log follow", "postern log verify".'],
    [["log", "show", "--last", "0"], "--last takes a whole number from 1 on."],
    [["log", "show", "--last", "many"], "--last takes a whole number from 1 on."],
    [["log", "follow", "--last=-1"], "--last takes a whole number from 1 on."],
    [["sim", "jump"], 'There is no "postern sim jump"'],
    [["sim", "play"], "Name the scenario."],
    [["sim", "send"], "Give the board a command"],
    [["sim", "send", "press", "front-exit", "--state"], "--state takes the state folder."],
    [["sim", "codes", "--config", "a", "--state", "b"], "Use either --config or --state."],
    [["replay"], "Name the trace."],
  ])("%j is told how it goes, with code 2", async (args, says) => {
    expectMisuse(await runPostern(args), says);
  });
});

describe("with nothing running", () => {
  test.each([
    ["status"],
    ["login"],
    ["reload"],
    ["clear", "fire"],
    ["people", "list"],
    ["people", "remove", "ana"],
    ["people", "forgive", "--everybody"],
    ["cards", "offers"],
    ["codes", "new", "ana", "--yes"],
    ["pass", "revoke", "courier"],
    ["schedules", "list"],
    ["holidays", "remove", "xmas"],
    ["people", "add", "Ana", "--door", "front", "--new-pin"],
  ])("%s %s says so in one sentence, with code 1", async (...args) => {
    const { state } = temporarySite();
    const words = args.filter((word) => word !== undefined);
    expectRefusal(
      await runPostern([...words, "--state", state]),
      `postern ${words[0]}: Postern is not running on this state folder.`,
    );
  });

  test("a socket that a dead controller left behind changes nothing", async () => {
    const { state } = temporarySite();
    mkdirSync(state);
    const left = `const s = require("net").createServer().listen(${JSON.stringify(join(state, "control.sock"))}, () => process.kill(process.pid, "SIGKILL"))`;
    await runCommand(process.execPath, ["-e", left]);
    expect(existsSync(join(state, "control.sock"))).toBe(true);
    expectRefusal(
      await runPostern(["status", "--state", state]),
      "postern status: Postern is not running on this state folder.",
    );
  });

  test("a controller that hangs is given up on", async () => {
    const { state } = temporarySite();
    mkdirSync(state);
    const server = createServer(() => {}).listen(join(state, "control.sock"));
    onTestFinished(() => void server.close());
    expectRefusal(await runPostern(["status", "--state", state]), "postern status: Postern did not answer in time.");
  });

  test("the record, the board and the sample codes are missed by name", async () => {
    const { state } = temporarySite();
    const where = ["--state", state];
    const noRecord = `postern log: There is no record in ${state}; name the folder with --state.`;
    expectRefusal(await runPostern(["log", "show", ...where]), noRecord);
    expectRefusal(await runPostern(["log", "follow", ...where]), noRecord);
    expectRefusal(await runPostern(["log", "verify", ...where]), noRecord);
    expectRefusal(
      await runPostern(["sim", "send", "press", "x", ...where]),
      "postern sim: No simulated board runs on this state folder.",
    );
    expectRefusal(
      await runPostern(["sim", "codes", ...where]),
      `postern sim: There is no site in ${state} yet; start it with \`postern run\`.`,
    );
    expectRefusal(await runPostern(["sim", "play", "/nowhere/story"]), "postern sim: There is no file /nowhere/story.");
    expectRefusal(await runPostern(["replay", "/nowhere/trace"]), "postern replay: There is no file /nowhere/trace.");
  });

  test("a record that is no database is told from one", async () => {
    const { state } = temporarySite();
    mkdirSync(state);
    writeFileSync(join(state, "ledger.db"), "x".repeat(5_000));
    expectRefusal(await runPostern(["log", "show", "--state", state]), "postern log: The record cannot be read.");
  });

  test("a state folder that cannot be is refused in one sentence", async () => {
    const { folder, file } = temporarySite();
    const long = join(folder, "x".repeat(100));
    const ended = await runPostern(["run", "--state", long, "--config", file]);
    expect(ended.err).toMatch(
      /^postern run: The path of the state folder is too long; use one of at most \d+ bytes\.\n$/,
    );
    const taken = await runPostern(["run", "--state", file, "--config", file]);
    for (const { code, out, err } of [ended, taken]) {
      expect({ code, out }).toEqual({ code: 1, out: "" });
      expect(stackOf(err)).toBeNull();
      expect(err.trim().split("\n")).toHaveLength(1);
    }
  });
});

describe("scenarios and traces", () => {
  const story =
    "tap front-reader AF518C\nexpect reader front-reader granted\nexpect relay front-strike energized\n+6s expect relay front-strike released\n";
  const tell = (text: string) => {
    const { folder } = temporarySite();
    const file = join(folder, "story");
    writeFileSync(file, text);
    return { file, folder };
  };

  test("a story that goes as told ends with code 0 and the record of it", async () => {
    const { file } = tell(story);
    const { code, out, err } = await runPostern(["sim", "play", file]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(
      /2027-01-11 09:00:00\.000\+01:00 {2}\+ access\.granted +Ana Ruiz was let in at Front door with a card\n/,
    );
    expect(out).toContain("Front door locked when its time was up\n");
    expect(out.endsWith(`${file}: as told.\n`)).toBe(true);
  });

  test("a story that goes otherwise, or is none, ends with code 1 and the lines to blame", async () => {
    const { file } = tell(story.replace("energized", "released"));
    const otherwise = await runPostern(["sim", "play", file]);
    expect(otherwise.code).toBe(1);
    expect(otherwise.err).toBe(`${file}:3: Relay front-strike is energized, expected released.\n`);
    writeFileSync(file, "tap front-reader\n\nsing\n");
    const none = await runPostern(["sim", "play", file]);
    expect({ code: none.code, out: none.out }).toEqual({ code: 1, out: "" });
    expect(none.err).toMatch(/:1: Write it as: tap <reader> <card hex>\.\n.+:3: There is no command "sing"; .+\.\n$/);
  });

  test("its codes are shown, and are the ones that open", async () => {
    const { out } = await runPostern(["sim", "codes", "--config", examplePath]);
    const [, pin] = /^Ana Ruiz.* pin +([0-9]{6})$/m.exec(out) ?? [];
    const { file } = tell(`keys front-keypad ${pin}#\nexpect reader front-keypad granted\n`);
    expect((await runPostern(["sim", "play", file])).code).toBe(0);
  });

  test("a trace of it replays to the same relay writes, and a changed one says where it differs", async () => {
    const { file, folder } = tell(story);
    const trace = join(folder, "trace");
    await runPostern(["sim", "play", file, "--trace", trace]);
    const same = await runPostern(["replay", trace]);
    expect({ code: same.code, err: same.err }).toEqual({ code: 0, err: "" });
    expect(same.out).toMatch(/trace: the same \d+ relay writes again\.\n$/);
    const changed = readFileSync(trace, "utf8").replace(
      '"relay":"front-strike","energized":true',
      '"relay":"front-strike","energized":false',
    );
    writeFileSync(trace, changed);
    const other = await runPostern(["replay", trace]);
    expect(other.code).toBe(1);
    expect(other.err).toContain("front-strike");
    expect(stackOf(other.err)).toBeNull();
    writeFileSync(trace, "not a trace\n");
    expectRefusal(
      await runPostern(["replay", trace]),
      `postern replay: ${trace}: Line 1 is not a JSON object; it may be cut off.`,
    );
  });

  test("whoever reads only the beginning of a listing gets it without a complaint", async () => {
    const { file } = tell(Array.from({ length: 600 }, (_, n) => `at ${n * 10}s press front-exit`).join("\n"));
    const { code, out, err } = await runCommand("/bin/bash", [
      "-c",
      `set -o pipefail; "$0" "$1" sim play "$2" | head -1`,
      process.execPath,
      postern,
      file,
    ]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out.split("\n")).toHaveLength(2);
  });
});
