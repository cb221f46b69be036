// The one-time code and the session that it opens.
import { afterEach, beforeEach, expect, test } from "vitest";
import { cookieOf, fetchFrom, logIn } from "./http-client.ts";
import { digestOf, entryCode, type OfficeBench, openBench } from "./office-bench.ts";

let bench: OfficeBench;

beforeEach(async () => {
  bench = await openBench();
});

afterEach(() => bench.close());

const enter = (code: unknown) => fetchFrom(bench.address, "/login", { body: { code } });
const known = async (cookie: string) => (await fetchFrom(bench.address, "/session", { cookie })).status === 200;

test("the printed code opens a session, and main and ledger hear of it", async () => {
  const reply = await enter(entryCode);
  expect(reply.status).toBe(200);
  expect(await known(cookieOf(reply))).toBe(true);
  expect(bench.told).toEqual([{ kind: "entered" }]);
  const note = await bench.ledger.line((line) => line.includes('"note"'));
  expect(JSON.parse(note)).toEqual({ kind: "note", event: { type: "console.entered", how: "oneTimeCode" } });
});

test("the session's cookie is kept from scripts and other sites, and lasts twelve hours", async () => {
  const [cookie = ""] = (await enter(entryCode)).headers["set-cookie"] ?? [];
  expect(cookie).toMatch(/^postern-\d+=v1\.[^;]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=43200$/);
});

test("the code is forgiven its case, spaces and hyphens, and nothing else", async () => {
  expect((await enter("ABCD-EFGH-JKLN")).json.code).toBe("codeWrong");
  expect((await enter(" abcd efgh–jklm ")).status).toBe(200);
});

test("a code used twice is refused the second time, and says so", async () => {
  await logIn(bench.address);
  const again = await enter(entryCode);
  expect([again.status, again.json.code]).toEqual([401, "codeUsed"]);
  expect(again.headers["set-cookie"]).toBeUndefined();
});

test("a code used before the office was restarted is not accepted again", async () => {
  await logIn(bench.address);
  await bench.restart({ codeDigest: null });
  expect((await enter(entryCode)).json.code).toBe("codeUsed");
});

test("two people who hand in the same code at once do not both get in", async () => {
  const replies = await Promise.all([enter(entryCode), enter(entryCode), enter(entryCode)]);
  expect(replies.map((reply) => reply.status).sort()).toEqual([200, 401, 401]);
});

test("a code expires after fifteen minutes, whatever is done to the wall clock", async () => {
  bench.clock.wallMs -= 24 * 3_600_000;
  bench.clock.monoMs += 15 * 60_000 - 1;
  expect((await enter("ABCD-EFGH-JKLN")).json.code).toBe("codeWrong");
  bench.clock.monoMs += 1;
  expect((await enter(entryCode)).json.code).toBe("codeExpired");
});

test("a code that claims a longer life gets fifteen minutes, and an expired one none", async () => {
  await bench.restart({ codeExpiresWallMs: bench.clock.wallMs + 24 * 3_600_000 });
  bench.clock.monoMs += 15 * 60_000;
  expect((await enter(entryCode)).json.code).toBe("codeExpired");
  await bench.restart({ codeExpiresWallMs: bench.clock.wallMs - 1 });
  expect((await enter(entryCode)).json.code).toBe("codeExpired");
});

test("after five wrong codes within a minute even the right one must wait, and then works", async () => {
  for (let n = 0; n < 5; n += 1) {
    bench.clock.monoMs += 1_000;
    expect((await enter(`WRNG-WRNG-WRN${n}`)).json.code).toBe("codeWrong");
  }
  const limited = await enter(entryCode);
  expect([limited.status, limited.json.code, limited.headers["retry-after"]]).toEqual([429, "tooManyTries", "56"]);
  bench.clock.monoMs += 55_999;
  expect((await enter(entryCode)).status).toBe(429);
  bench.clock.monoMs += 1;
  expect((await enter(entryCode)).status).toBe(200);
});

test("tries that were turned away do not prolong the wait", async () => {
  for (let n = 0; n < 5; n += 1) await enter("WRONG");
  for (let n = 0; n < 20; n += 1) expect((await enter("WRONG")).status).toBe(429);
  bench.clock.monoMs += 60_000;
  expect((await enter(entryCode)).status).toBe(200);
});

test("a new code from the main process takes the place of the old one", async () => {
  await logIn(bench.address);
  const codeExpiresWallMs = bench.clock.wallMs + 60_000;
  bench.office.renewCode({ kind: "code", codeDigest: digestOf("MNPQ-RSTU-VWXY"), codeExpiresWallMs });
  expect((await enter(entryCode)).json.code).toBe("codeWrong");
  expect((await enter("MNPQ-RSTU-VWXY")).status).toBe(200);
});

test("what is no code at all is refused without counting as a try", async () => {
  for (const code of [null, 7, {}, ["ABCD"], "x".repeat(65)]) {
    for (let n = 0; n < 3; n += 1) expect((await enter(code)).status).toBe(400);
  }
  expect((await enter(entryCode)).status).toBe(200);
});

test("a cookie that was changed in any part is worth nothing", async () => {
  const cookie = await logIn(bench.address);
  const [name = "", token = ""] = cookie.split("=");
  const [version = "", issued = "", session = "", mac = ""] = token.split(".");
  const later = (Number.parseInt(issued, 36) + 1_000).toString(36);
  const forged = [
    "",
    "v1",
    token.slice(0, -1),
    `${token}A`,
    [version, later, session, mac].join("."),
    [version, issued, "0".repeat(32), mac].join("."),
    [version, issued, session, "A".repeat(43)].join("."),
    ["v2", issued, session, mac].join("."),
    [version, issued, session.toUpperCase(), mac].join("."),
    [version, "", session, mac].join("."),
    `${version}.${issued}.${session}.${mac}`.replaceAll(".", ".."),
  ];
  for (const one of forged) expect(await known(`${name}=${one}`), one).toBe(false);
  expect(await known(`other-${name}=${token}`)).toBe(false);
  expect(await known(`a=b; ${name}=nonsense; ${name}=${token}; c=d`)).toBe(true);
});

test("a session signed with another controller's key is worth nothing", async () => {
  const cookie = await logIn(bench.address);
  await bench.restart({ sessionKeyHex: "6c".repeat(32) });
  expect(await known(cookie)).toBe(false);
});

test("a restarted office still knows who is logged in", async () => {
  const cookie = await logIn(bench.address);
  await bench.restart({ codeDigest: null });
  expect(await known(cookie)).toBe(true);
});

test("a session ends after twelve hours, and when the clock is set back behind its start", async () => {
  const cookie = await logIn(bench.address);
  bench.clock.wallMs += 12 * 3_600_000 - 1;
  expect(await known(cookie)).toBe(true);
  bench.clock.wallMs += 1;
  expect(await known(cookie)).toBe(false);
  bench.clock.wallMs -= 12 * 3_600_000 + 4 * 60_000;
  expect(await known(cookie)).toBe(true);
  bench.clock.wallMs -= 60_001 * 2;
  expect(await known(cookie)).toBe(false);
});

test("who logs out is out, also with a copy of the cookie", async () => {
  const cookie = await logIn(bench.address);
  const reply = await fetchFrom(bench.address, "/logout", { cookie, body: {} });
  expect(reply.status).toBe(200);
  expect(reply.headers["set-cookie"]?.[0]).toMatch(/^postern-\d+=; .*Max-Age=0/);
  expect(await known(cookie)).toBe(false);
});

test("a login while the ledger is away is recorded when it is back", async () => {
  bench.ledger.answer = () => {};
  await logIn(bench.address);
  await bench.ledger.line((line) => line.includes('"note"'));
  bench.ledger.lines.length = 0;
  bench.ledger.dropClients();
  expect(await bench.ledger.line((line) => line.includes('"note"'))).toContain("console.entered");
});
