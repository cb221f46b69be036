// What a page may do to the simulated wires and to the doors.
import { afterEach, beforeEach, expect, test } from "vitest";
import type { BoardLine } from "../../src/office/console/board-command.ts";
import { planBoardLine } from "../../src/office/console/board-command.ts";
import { site, wires } from "../site-fixture.ts";
import { fetchFrom, logIn, openStream } from "./http-client.ts";
import { type OfficeBench, openBench } from "./office-bench.ts";

let bench: OfficeBench;
let cookie: string;

beforeEach(async () => {
  bench = await openBench();
  cookie = await logIn(bench.address);
  (await openStream(bench.address, cookie)).close();
});

afterEach(() => bench.close());

const work = (body: object) => fetchFrom(bench.address, "/board", { cookie, body });
const command = (body: object) => fetchFrom(bench.address, "/doors", { cookie, body: { command: body } });

test("each thing that a person does to a wire becomes one line of the board's language", async () => {
  await work({ kind: "tap", reader: "front-reader", card: "00B775D2" });
  await work({ kind: "keys", reader: "front-keypad", keys: "0042#" });
  await work({ kind: "text", reader: "front-scanner", text: "POSTERN-5f # *  x" });
  await work({ kind: "input", input: "front-contact", active: true });
  await work({ kind: "input", input: "front-contact", active: false });
  await work({ kind: "press", input: "garage-exit", ms: 500 });
  await work({ kind: "input", input: "fire-panel", active: true });
  expect(bench.board.lines).toEqual([
    "tap front-reader 00B775D2",
    "keys front-keypad 0042#",
    "text front-scanner POSTERN-5f # *  x",
    "activate front-contact",
    "release front-contact",
    "press garage-exit 500ms",
    "activate fire-panel",
  ]);
});

const picture = (size: string, bytes: number) =>
  fetchFrom(bench.address, `/picture?reader=front-scanner&${size}`, { cookie, body: "g".repeat(bytes) });

test("a picture that is held before a scanner is read, and its code becomes the scanner's", async () => {
  await bench.close();
  bench = await openBench({ pictureTexts: ["4711 0815"] });
  cookie = await logIn(bench.address);
  (await openStream(bench.address, cookie)).close();
  expect((await picture("width=40&height=30", 1_200)).status).toBe(200);
  expect(bench.board.lines).toEqual(["text front-scanner 4711 0815"]);
});

test("a picture without a code, of another size than it says, or larger than any, is refused", async () => {
  const answers = [
    await picture("width=40&height=30", 1_200),
    await picture("width=40&height=30", 1_199),
    await picture("width=1281&height=30", 38_430),
    await picture("width=-40&height=30", 1_200),
  ];
  expect(answers.map(({ status, json }) => [status, json.problem])).toEqual([
    [400, "No QR code was found in the picture."],
    [400, "The picture's bytes do not fit its size."],
    [400, "A picture is 16 to 1280 pixels wide and high."],
    [400, "A picture is 16 to 1280 pixels wide and high."],
  ]);
  expect(bench.board.lines).toEqual([]);
});

const readers = new Map(
  wires.readers.map((reader) => {
    const keypad = reader.kind === "keypad" || (reader.kind === "wiegand" && reader.keypad);
    const played = { keyboard: "scanner", tag: "pcsc" } as const;
    const kind = reader.kind === "keyboard" || reader.kind === "tag" ? played[reader.kind] : reader.kind;
    return [reader.id, { kind, keypad, lost: false }];
  }),
);
const plan = (body: unknown): BoardLine => planBoardLine(body, { site, readers });

test("nothing but a known reader, its own kind of thing and its own alphabet gets through", () => {
  const refused: unknown[] = [
    null,
    "tap front-reader 00",
    {},
    { kind: "frame", reader: "front-reader", bits: "1" },
    { kind: "lose", device: "front-reader" },
    { kind: "clock", byMs: 1 },
    { kind: "tap", reader: "front-keypad", card: "00B775D2" },
    { kind: "tap", reader: "front-scanner", card: "00B775D2" },
    { kind: "tap", reader: "nobody", card: "00B775D2" },
    { kind: "tap", reader: "__proto__", card: "00B775D2" },
    { kind: "tap", reader: ["front-reader"], card: "00B775D2" },
    { kind: "tap", reader: "front-reader", card: "00b7" },
    { kind: "tap", reader: "front-reader", card: "00B7\nactivate fire-panel" },
    { kind: "tap", reader: "front-reader", card: "0".repeat(33) },
    { kind: "tap", reader: "front-reader", card: 7 },
    { kind: "keys", reader: "front-reader", keys: "1234#" },
    { kind: "keys", reader: "front-keypad", keys: "" },
    { kind: "keys", reader: "front-keypad", keys: "12 34" },
    { kind: "keys", reader: "front-keypad", keys: "1".repeat(33) },
    { kind: "keys", reader: "front-keypad", keys: "1\n" },
    { kind: "text", reader: "front-keypad", text: "hello" },
    { kind: "text", reader: "front-scanner", text: "" },
    { kind: "text", reader: "front-scanner", text: "   " },
    { kind: "text", reader: "front-scanner", text: "a\nactivate fire-panel" },
    { kind: "text", reader: "front-scanner", text: "a\ractivate fire-panel" },
    { kind: "text", reader: "front-scanner", text: "a\u2028b" },
    { kind: "text", reader: "front-scanner", text: "a\u0000b" },
    { kind: "text", reader: "front-scanner", text: "\ud800" },
    { kind: "text", reader: "front-scanner", text: "x".repeat(401) },
    { kind: "input", input: "front-strike", active: true },
    { kind: "input", input: "front-contact", active: "yes" },
    { kind: "press", input: "front-exit", ms: 0 },
    { kind: "press", input: "front-exit", ms: 10_001 },
    { kind: "press", input: "front-exit", ms: 1.5 },
    { kind: "press", input: "front-exit", ms: "500ms" },
  ];
  for (const body of refused) {
    const planned = plan(body);
    expect(planned.ok, JSON.stringify(body)).toBe(false);
    if (!planned.ok) expect(planned.problem).toMatch(/\.$/);
  }
});

test("what gets through is one line, whatever the text", () => {
  for (const text of ["ñandú 🚪", "'; rm -rf /", "# comment", '{"kind":"x"}', "\\n"]) {
    expect(plan({ kind: "text", reader: "front-scanner", text })).toEqual({
      ok: true,
      line: `text front-scanner ${text}`,
    });
  }
});

test("what is wrong is answered in one sentence and reaches no wire", async () => {
  const reply = await work({ kind: "tap", reader: "front-reader", card: "zz" });
  expect([reply.status, reply.json.code]).toEqual([400, "malformed"]);
  expect(reply.json.problem).toMatch(/hexadecimal/);
  expect(bench.board.lines).toEqual([]);
});

test("the board's own refusal reaches the page in its words", async () => {
  bench.board.answer = (_line, line, say) => say({ kind: "refused", line, problem: "front-reader is unplugged." });
  const reply = await work({ kind: "tap", reader: "front-reader", card: "00B775D2" });
  expect([reply.status, reply.json]).toEqual([
    409,
    { ok: false, code: "refused", problem: "front-reader is unplugged." },
  ]);
});

test("answers that come out of order find their questions", async () => {
  const held: (() => void)[] = [];
  bench.board.answer = (text, line, say) => {
    held.push(() => say(text.includes("1#") ? { kind: "done", line } : { kind: "refused", line, problem: "No." }));
    if (held.length === 2) for (const answer of held.reverse()) answer();
  };
  const replies = await Promise.all([
    work({ kind: "keys", reader: "front-keypad", keys: "1#" }),
    work({ kind: "keys", reader: "front-keypad", keys: "2#" }),
  ]);
  expect(replies.map((reply) => reply.status)).toEqual([200, 409]);
});

test("a board that is gone, or goes while asked, is said to be away at once", async () => {
  bench.board.answer = () => bench.board.dropClients();
  const reply = await work({ kind: "press", input: "front-exit", ms: 500 });
  expect([reply.status, reply.json.code]).toEqual([503, "boardAway"]);
  await bench.board.close();
  expect((await work({ kind: "press", input: "front-exit", ms: 500 })).json.code).not.toBeUndefined();
});

test("a site with real wires cannot be worked from the page", async () => {
  const real = await openBench({ simulated: false });
  const realCookie = await logIn(real.address);
  const body = { kind: "press", input: "front-exit", ms: 500 };
  const reply = await fetchFrom(real.address, "/board", { cookie: realCookie, body });
  expect([reply.status, reply.json.code]).toEqual([409, "realWires"]);
  await real.close();
});

test("alarms are cleared through the main process, in the console's name", async () => {
  expect((await command({ kind: "clearForced", door: "front" })).status).toBe(200);
  expect((await command({ kind: "clearFire" })).status).toBe(200);
  const expiresAt = bench.clock.monoMs + 2_000;
  expect(bench.told.filter((message) => message.kind === "command")).toEqual([
    { kind: "command", n: 1, who: "console", command: { kind: "clearForced", door: "front" }, expiresAt },
    { kind: "command", n: 2, who: "console", command: { kind: "clearFire" }, expiresAt },
  ]);
});

test("every order of an operator reaches the main process as it is, and as an operator's whatever the page says", async () => {
  const orders: readonly (readonly [object, object?])[] = [
    [{ kind: "clearTamper", door: "front" }],
    [
      { kind: "access", door: "front", by: "http" },
      { kind: "access", door: "front", by: "operator" },
    ],
    ...["lock", "unlock", "block", "doubleLock", "lockOpen", "lockOpenRelease"].map(
      (kind) => [{ kind, door: "garage" }] as const,
    ),
    [{ kind: "lockDown", doors: [], forMs: null }],
    [{ kind: "lockDown", doors: ["front"], forMs: 60_000 }],
    [{ kind: "lockDownRelease", doors: ["front", "garage"] }],
  ];
  for (const [order] of orders) expect((await command(order)).status, JSON.stringify(order)).toBe(200);
  const sent = bench.told.flatMap((message) => (message.kind === "command" ? [message.command] : []));
  expect(sent).toEqual(orders.map(([order, as = order]) => as));
});

test("no other command, and no command for another door, reaches the main process", async () => {
  for (const body of [
    { kind: "explode", door: "front" },
    { kind: "unlock", door: "nobody" },
    { kind: "lockDown", doors: ["nobody"], forMs: null },
    { kind: "lockDown", doors: "front", forMs: null },
    { kind: "lockDown", doors: ["front", "garage", "front"], forMs: null },
    { kind: "lockDown", doors: [] },
    { kind: "lockDown", doors: [], forMs: 0 },
    { kind: "lockDown", doors: [], forMs: 8 * 86_400_000 },
    { kind: "lockDown", doors: [], forMs: "60000" },
    { kind: "lockDownRelease", doors: [null] },
    { kind: "clearForced", door: "nobody" },
    { kind: "clearForced" },
    {},
  ]) {
    expect((await command(body)).json.code, JSON.stringify(body)).toBe("malformed");
  }
  expect(bench.told.some((message) => message.kind === "command")).toBe(false);
});

test("the time is set or confirmed by nothing but a whole number or a word, and not forgotten from here", async () => {
  const ask = (time: object) => fetchFrom(bench.address, "/time", { cookie, body: { time } });
  for (const time of [
    { kind: "timeForget" },
    { kind: "time" },
    { kind: "timeSet" },
    { kind: "timeSet", wallMs: "0" },
  ]) {
    expect((await ask(time)).json.code, JSON.stringify(time)).toBe("malformed");
  }
  expect(bench.told.some((message) => message.kind === "command")).toBe(false);
  void ask({ kind: "timeSet", wallMs: 1_800_000_000_000 });
  expect(await bench.command()).toMatchObject({
    who: "console",
    command: { kind: "timeSet", wallMs: 1_800_000_000_000 },
  });
});
