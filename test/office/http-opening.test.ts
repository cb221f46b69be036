// Acceptance check 15, and all that guards opening a door by a command over HTTP.
import { execFile } from "node:child_process";
import { chmodSync, existsSync, readFileSync, statSync } from "node:fs";
import { promisify } from "node:util";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { addAccount, addToken, password, revoke } from "./api-access.ts";
import type { Ask } from "./http-client.ts";
import { fetchFrom, logIn } from "./http-client.ts";
import type { BenchOptions, OfficeBench } from "./office-bench.ts";
import { openBench } from "./office-bench.ts";

let bench: OfficeBench;

afterEach(() => bench.close());

const open = async (options: BenchOptions = {}): Promise<void> => {
  bench = await openBench(options);
};
const everyMode = { modes: ["bearer", "legacyQuery", "httpAuth", "relayTrigger"], addresses: ["127.0.0.1"] } as const;

const commands = () => bench.told.flatMap((one) => (one.kind === "command" ? [{ who: one.who, ...one.command }] : []));
const post = (door: string, token: string, ask: Ask = {}) =>
  fetchFrom(bench.address, `/v1/doors/${door}/open`, {
    method: "POST",
    ...ask,
    headers: { authorization: `Bearer ${token}`, origin: bench.address, ...ask.headers },
  });
const query = (fields: Record<string, string>): string =>
  `/fcgi/do?${new URLSearchParams({ action: "OpenDoor", UserName: "intercom", Password: password, DoorNum: "1", ...fields })}`;
const legacy = (fields: Record<string, string> = {}, ask: Ask = {}) => fetchFrom(bench.address, query(fields), ask);
const basic = (name: string, secret: string): string => `Basic ${Buffer.from(`${name}:${secret}`).toString("base64")}`;
/** The first so many, past or to come. */
const refusals = async (count: number): Promise<object[]> => {
  const isRefusal = (line: string): boolean => line.includes("http.refused");
  let seen = 0;
  await bench.ledger.line((line) => isRefusal(line) && ++seen === count);
  return bench.ledger.lines.filter(isRefusal).map((line) => JSON.parse(line).event);
};

test("acceptance 15: opening over HTTP is off by default, in every form", async () => {
  await open();
  const token = addToken(bench.accessFile, "bridge");
  await addAccount(bench.accessFile, "intercom");
  const replies = await Promise.all([
    post("front", token),
    legacy(),
    fetchFrom(bench.address, "/fcgi/OpenDoor?action=OpenDoor&DoorNum=1", {
      headers: { authorization: basic("intercom", password) },
    }),
    fetchFrom(bench.address, "/api/relay/trig", { body: { num: 1 } }),
  ]);
  expect(replies.map(({ status }) => status)).toEqual([404, 404, 404, 404]);
  expect(commands()).toEqual([]);
});

test("acceptance 15: with the session check, who is not logged in to the console is answered 401", async () => {
  await open({ opening: { ...everyMode, sessionCheck: true } });
  const token = addToken(bench.accessFile, "bridge");
  await addAccount(bench.accessFile, "intercom");
  expect((await post("front", token)).status).toBe(401);
  expect((await legacy()).status).toBe(401);
  expect(commands()).toEqual([]);
  const cookie = await logIn(bench.address);
  expect((await post("front", token, { cookie })).status).toBe(200);
  expect((await legacy({}, { cookie })).status).toBe(200);
  expect((await fetchFrom(bench.address, "/v1/doors/front/open", { method: "POST", cookie })).status).toBe(401);
  expect(commands()).toHaveLength(2);
});

test("acceptance 15: five wrong passwords block account and address for a time that grows, the right one included", async () => {
  await open({ opening: everyMode });
  await addAccount(bench.accessFile, "intercom");
  for (let n = 0; n < 5; n += 1) expect((await legacy({ Password: `wrong-guess-${n}` })).status).toBe(401);
  const blocked = await legacy();
  expect([blocked.status, blocked.headers["retry-after"]]).toEqual([429, "30"]);
  bench.clock.monoMs += 30_000;
  expect((await legacy({ Password: "wrong-guess-5" })).status).toBe(401);
  bench.clock.monoMs += 59_000;
  expect((await legacy()).status).toBe(429);
  bench.clock.monoMs += 1_000;
  expect((await legacy()).status).toBe(200);
  expect(commands()).toEqual([{ who: "account intercom", kind: "access", door: "front", by: "http" }]);
});

test("guesses sent at once are no more guesses than one after the other", async () => {
  await open({ opening: everyMode });
  await addAccount(bench.accessFile, "intercom");
  const wrong = Array.from({ length: 8 }, (_, n) => legacy({ Password: `wrong-guess-${n}` }));
  const statuses = (await Promise.all(wrong)).map(({ status }) => status).sort();
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
});

test("a token opens the door it names, in its own name, and none that it may not", async () => {
  await open({ opening: everyMode });
  const token = addToken(bench.accessFile, "bridge", { doors: ["garage"] });
  expect((await post("garage", token)).json).toEqual({ ok: true });
  expect((await post("front", token)).status).toBe(401);
  expect((await post("cellar", token)).status).toBe(401);
  expect(commands()).toEqual([{ who: "token bridge", kind: "access", door: "garage", by: "http" }]);
});

test("each opening is recorded with who did it, and a flood of them as one number", async () => {
  await open({ opening: everyMode });
  const token = addToken(bench.accessFile, "bridge");
  for (let n = 0; n < 4; n += 1) await post("front", token);
  const isOpening = (line: string): boolean => line.includes("http.opened");
  await bench.ledger.line(isOpening);
  bench.office.beat();
  const rest = JSON.parse(await bench.ledger.line((line) => isOpening(line) && !line.includes('"count":1')));
  expect(rest.event).toEqual({ type: "http.opened", over: "bearer", door: "front", who: "token bridge", count: 3 });
});

test("bad user, bad password and bad door are answered to the byte alike, and only the record tells which", async () => {
  await open({ opening: everyMode });
  await addAccount(bench.accessFile, "intercom");
  const replies = [
    await legacy({ UserName: "nobody" }),
    await legacy({ Password: "wrong-guess-000" }),
    await legacy({ DoorNum: "9" }),
    await legacy({ action: "CloseDoor" }),
  ];
  const seen = replies.map(({ status, text, headers }) => JSON.stringify([status, text, Object.keys(headers)]));
  expect(new Set(seen).size).toBe(1);
  expect(replies[0]?.status).toBe(401);
  bench.office.beat();
  const [credential, door] = ["credential", "door"].map((why) => {
    return { type: "http.refused", over: "legacyQuery", why, count: 1 };
  });
  expect(await refusals(4)).toEqual([credential, door, credential, door]);
});

test("a revoked token opens nothing from the next request on", async () => {
  await open({ opening: everyMode });
  const token = addToken(bench.accessFile, "bridge");
  expect((await post("front", token)).status).toBe(200);
  revoke(bench.accessFile, "bridge");
  expect((await post("front", token)).status).toBe(401);
});

test("the form with a password in the address is taken from listed addresses only", async () => {
  await open({ opening: { modes: ["legacyQuery"], addresses: ["192.168.0.0/16", "::1"] } });
  await addAccount(bench.accessFile, "intercom");
  expect((await legacy()).status).toBe(403);
  expect(commands()).toEqual([]);
});

test("a page of another site opens nothing, however a browser sends for it", async () => {
  await open({ opening: everyMode });
  await addAccount(bench.accessFile, "intercom");
  const attacks: Record<string, string>[] = [
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
    { origin: "https://evil.example" },
    { origin: "null" },
    { referer: "https://evil.example/page" },
    { "sec-purpose": "prefetch;prerender" },
    { purpose: "prefetch" },
  ];
  for (const headers of attacks) expect((await legacy({}, { headers })).status).toBe(403);
  expect(commands()).toEqual([]);
  expect((await legacy({}, { headers: { "sec-fetch-site": "none" } })).status).toBe(200);
  expect((await fetchFrom(bench.address, query({}).replace("%2B", "+"))).status).toBe(200);
});

test("only the method of a form opens: no HEAD, no POST of a GET, no GET of a POST", async () => {
  await open({ opening: everyMode });
  const token = addToken(bench.accessFile, "bridge");
  await addAccount(bench.accessFile, "intercom");
  expect((await legacy({}, { method: "HEAD" })).status).toBe(405);
  expect((await legacy({}, { method: "POST" })).status).toBe(405);
  expect((await post("front", token, { method: "GET" })).status).toBe(405);
  expect((await post("front", token, { method: "OPTIONS" })).status).toBe(405);
  expect((await fetchFrom(bench.address, `${query({})}&pad=${"x".repeat(2_100)}`)).status).toBe(414);
  expect(commands()).toEqual([]);
});

test("door numbers follow the configured order, and a relay may be triggered by its number", async () => {
  const [front, garage] = ["front" as never, "garage" as never];
  await open({ opening: { ...everyMode, doors: [garage, front] } });
  await addAccount(bench.accessFile, "intercom");
  expect((await legacy({ DoorNum: "1" })).json).toEqual({ ok: true, retcode: 0 });
  const headers = { authorization: basic("intercom", password) };
  const trig = (body: object) => fetchFrom(bench.address, "/api/relay/trig", { body, headers });
  expect((await trig({ num: 2, mode: 0, level: 0, delay: 5 })).status).toBe(200);
  expect((await trig({ target: "relay", action: "trig", data: { num: 1 } })).status).toBe(200);
  expect((await trig({ num: 1, mode: 1 })).status).toBe(401);
  expect(commands().map((one) => "door" in one && one.door)).toEqual(["garage", "front", "garage"]);
});

test("neither password, nor token, nor what was asked for gets into log, record or file", async () => {
  const log = [vi.spyOn(console, "error"), vi.spyOn(console, "log")];
  onTestFinished(() => log.forEach((spy) => void spy.mockRestore()));
  await open({ opening: everyMode });
  const token = addToken(bench.accessFile, "bridge");
  await addAccount(bench.accessFile, "intercom", { digest: true });
  await legacy();
  await legacy({ Password: "wrong-guess-000" });
  await post("front", token);
  bench.office.beat();
  await refusals(1);
  const said = JSON.stringify([log.map((spy) => spy.mock.calls), bench.ledger.lines, bench.told]);
  const kept = readFileSync(bench.accessFile, "utf8");
  for (const secret of [password, "wrong-guess-000", token, "Password", "UserName"]) {
    expect(said).not.toContain(secret);
    expect(kept).not.toContain(secret);
  }
  expect(statSync(bench.accessFile).mode & 0o777).toBe(0o600);
});

test("a file of tokens that others may read lets nobody in and shows as a fault", async () => {
  await open({ opening: everyMode });
  const token = addToken(bench.accessFile, "bridge");
  chmodSync(bench.accessFile, 0o644);
  expect((await post("front", token)).status).toBe(401);
  chmodSync(bench.accessFile, 0o600);
  expect((await post("front", token)).status).toBe(200);
});

test("what the doors refuse is told to whoever was let in to ask", async () => {
  await open({ opening: everyMode });
  const token = addToken(bench.accessFile, "bridge");
  vi.spyOn(bench.desk, "command").mockResolvedValue({
    ok: false,
    code: "refused",
    problem: "Front door is locked down.",
  });
  const reply = await post("front", token);
  expect([reply.status, reply.json.problem]).toEqual([409, "Front door is locked down."]);
});

const run = promisify(execFile);
/** A client that its author did not write with this server in mind. */
const curl = async (...args: string[]): Promise<string> => {
  const { stdout } = await run("curl", ["-s", "-o", "/dev/null", "-w", "%{http_code}", ...args]);
  return stdout;
};
const hasCurl = existsSync("/usr/bin/curl");

test.runIf(hasCurl)("curl opens with Basic and with Digest, and not with another password or name", async () => {
  await open({ opening: { modes: ["httpAuth"], doors: ["garage" as never] } });
  await addAccount(bench.accessFile, "intercom", { digest: true });
  const url = `${bench.address}/fcgi/OpenDoor?action=OpenDoor&DoorNum=1`;
  expect(await curl("--basic", "-u", `intercom:${password}`, url)).toBe("200");
  expect(await curl("--digest", "-u", `intercom:${password}`, url)).toBe("200");
  expect(await curl("--digest", "-u", "intercom:wrong-guess-000", url)).toBe("401");
  expect(await curl("--digest", "-u", `nobody:${password}`, url)).toBe("401");
  expect(await curl(url)).toBe("401");
  expect(commands()).toHaveLength(2);
});

test.runIf(hasCurl)(
  "curl triggers a relay by its number with Digest, though it sends the body only once it was challenged",
  async () => {
    await open({ opening: { modes: ["relayTrigger"] } });
    await addAccount(bench.accessFile, "intercom", { digest: true });
    const trigger = ["-H", "Content-Type: application/json", "-d", '{"num":2,"mode":0,"level":0,"delay":5}'];
    const login = ["--digest", "-u", `intercom:${password}`];
    expect(await curl(...login, ...trigger, `${bench.address}/api/relay/trig`)).toBe("200");
    expect(commands()).toEqual([{ who: "account intercom", kind: "access", door: "garage", by: "http" }]);
  },
);

test.runIf(hasCurl)("an answer to a challenge opens once, and not after a minute", async () => {
  await open({ opening: { modes: ["httpAuth"] } });
  await addAccount(bench.accessFile, "intercom", { digest: true });
  const path = "/fcgi/OpenDoor?action=OpenDoor&DoorNum=1";
  const { stderr } = await run("curl", ["-sv", "--digest", "-u", `intercom:${password}`, `${bench.address}${path}`]);
  const authorization = /> Authorization: (Digest .*)/.exec(stderr)?.[1]?.trim() ?? "";
  expect(authorization).toContain("SHA-256");
  const again = await fetchFrom(bench.address, path, { headers: { authorization } });
  expect([again.status, String(again.headers["www-authenticate"])]).toEqual([
    401,
    expect.stringContaining("stale=true"),
  ]);
  expect(commands()).toHaveLength(1);
});
