// Machines and a running controller: a door opened by curl, a web relay set off by a card, a bridge that asks whom to call.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import type { RecordedEvent } from "../../src/domain/events.ts";
import { exampleSite, runPostern, startForTest, temporarySite } from "./command.ts";
import type { Product } from "./product.ts";
import { poll } from "./product.ts";

const password = "right-horse-42";
const run = promisify(execFile);

const curl = async (...args: readonly string[]): Promise<string> =>
  (await run("curl", ["-s", "-w", " %{http_code}", ...args])).stdout;

async function consoleOf(state: string): Promise<string> {
  const file = join(state, "console-code");
  let link = "";
  await poll(async () => {
    link = readFileSync(file, "utf8");
    return link !== "";
  });
  return link.slice(0, link.indexOf("/#"));
}

async function start(edit: (site: ReturnType<typeof JSON.parse>) => void): Promise<Product & { console: string }> {
  const config = exampleSite(edit);
  const { state, file } = temporarySite(config);
  const product = await startForTest({ config: null, configFile: file, state });
  await product.until("office");
  return { ...product, console: await consoleOf(state) };
}

const events = async (state: string): Promise<RecordedEvent[]> =>
  (await runPostern(["log", "show", "--json", "--last", "200", "--state", state])).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

test("curl opens a door with a token, with Digest and with a password in the address, and the record names them and no secret", async () => {
  const site = await start((one) => {
    one.httpOpening = { modes: ["bearer", "legacyQuery", "httpAuth"], addresses: ["127.0.0.1"] };
  });
  const where = ["--state", site.state];
  const made = await runPostern(["http", "token", "bridge", "--door", "front", ...where]);
  const token = /postern_\S+/.exec(made.out)?.[0] ?? "";
  const account = ["http", "account", "intercom", "--password-stdin", "--digest", ...where];
  expect(await runPostern(account, { input: `${password}\n` })).toMatchObject({ code: 0, err: "" });

  const unlocked = site.board.next(
    (one) => one.kind === "relay" && one["relay"] === "front-strike" && one["energized"] === true,
  );
  expect(await curl("-X", "POST", "-H", `Authorization: Bearer ${token}`, `${site.console}/v1/doors/front/open`)).toBe(
    '{"ok":true} 200',
  );
  await unlocked;
  const digest = ["--digest", "-u", `intercom:${password}`];
  expect(await curl(...digest, `${site.console}/fcgi/OpenDoor?action=OpenDoor&DoorNum=2`)).toBe(
    '{"ok":true,"retcode":0} 200',
  );
  const query = `action=OpenDoor&UserName=intercom&Password=${password}&DoorNum=1`;
  expect(await curl(`${site.console}/fcgi/do?${query}`)).toBe('{"ok":true,"retcode":0} 200');
  expect(await curl(`${site.console}/fcgi/do?${query.replace("42", "43")}`)).toMatch(/ 401$/);
  expect(
    await curl("-X", "POST", "-H", `Authorization: Bearer ${token}`, `${site.console}/v1/doors/garage/open`),
  ).toMatch(/ 401$/);

  await poll(async () => (await events(site.state)).filter(({ event }) => event.type === "http.refused").length === 2);
  const record = await events(site.state);
  const changes = record.flatMap(({ event }) =>
    event.type === "http.accessChanged" ? [`${event.name} ${event.what}`] : [],
  );
  expect(changes).toEqual(["bridge tokenMade", "intercom accountSet"]);
  const openings = record.flatMap(({ event }) =>
    event.type === "door.unlocked" && event.cause.by === "http" ? [`${event.door} ${event.cause.who}`] : [],
  );
  expect(openings.slice(0, 2)).toEqual(["front token bridge", "garage account intercom"]);
  expect(record.filter(({ event }) => event.type === "http.opened")).toHaveLength(3);
  const kept = JSON.stringify(record) + site.stderr() + readFileSync(join(site.state, "http-access.json"), "utf8");
  for (const secret of [token, password, "right-horse-43"]) expect(kept).not.toContain(secret);
});

test("a command that waited while the doors' process stood still opens nothing once it goes on, and the next one opens", async () => {
  const site = await start((one) => {
    one.httpOpening = { modes: ["bearer"] };
  });
  const made = await runPostern(["http", "token", "bridge", "--state", site.state]);
  const open = (door: string) => {
    const token = /postern_\S+/.exec(made.out)?.[0] ?? "";
    return curl("-X", "POST", "-H", `Authorization: Bearer ${token}`, `${site.console}/v1/doors/${door}/open`);
  };
  const { pid = 0 } = site.process;
  process.kill(pid, "SIGSTOP");
  const answered = await open("front").finally(() => process.kill(pid, "SIGCONT"));
  expect(answered).toMatch(/The doors do not answer.* 503$/);
  await poll(async () => (await open("garage")).endsWith(" 200"));
  await poll(async () => (await events(site.state)).some(({ event }) => event.type === "http.opened"));
  const doors = (await events(site.state)).flatMap(({ event }) => (event.type === "door.unlocked" ? [event.door] : []));
  expect(doors).toEqual(["garage"]);
});

test("a web relay acts once though the office is killed while it waits for the answer", async () => {
  const arrived: string[] = [];
  const first = Promise.withResolvers<void>();
  const target = createServer((request, response) => {
    arrived.push(request.url ?? "");
    first.resolve();
    if (request.url !== "/gate") response.end();
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    target.closeAllConnections();
    target.close();
  });
  const host = `127.0.0.1:${(target.address() as AddressInfo).port}`;
  const site = await start((one) => {
    one.actions = [
      { id: "gate", url: `http://${host}/gate`, timeoutMs: 30_000 },
      { id: "bell", url: `http://${host}/bell`, on: ["access.denied"] },
    ];
    one.actionHosts = [host];
  });
  const holder = { kind: "person", id: "ana" as never } as const;
  const person = {
    ...holder,
    name: "Ana",
    state: "active",
    validity: { from: null, until: null },
    webRelay: 1,
  } as const;
  await site.change([
    { op: "putPerson", person },
    { op: "putCredential", id: "ana-card" as never, kind: "card", secret: "00B775D2", holder },
    { op: "putGrant", holder, door: "front" as never, schedule: "always" as never },
  ]);
  await site.board.send("tap front-reader B775D2");
  await first.promise;
  const killed = site.pidOf("office") ?? 0;
  process.kill(killed, "SIGKILL");
  await site.board.send("tap front-reader 00000001");
  await poll(async () => arrived.includes("/bell"));
  expect(arrived.toSorted()).toEqual(["/bell", "/gate"]);
  expect(site.pidOf("office")).not.toBe(killed);
});

test("a card sets off its person's web relay once, and a bridge learns who may be called right now", async () => {
  const arrived: string[] = [];
  const target = createServer((request, response) => {
    arrived.push(request.url ?? "");
    response.end();
  });
  await new Promise<void>((resolve) => target.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void target.close());
  const host = `127.0.0.1:${(target.address() as AddressInfo).port}`;
  const site = await start((one) => {
    one.actions = [{ id: "gate", url: `http://${host}/gate?who=$active_user&door=$door&card=$card_sn` }];
    one.actionHosts = [host];
  });
  const where = ["--state", site.state];
  const holder = { kind: "person", id: "ana" as never } as const;
  const person = {
    ...holder,
    name: "Ana",
    state: "active",
    validity: { from: null, until: null },
    webRelay: 1,
  } as const;
  const reply = await site.change([
    { op: "putPerson", person },
    { op: "putCredential", id: "ana-card" as never, kind: "card", secret: "00B775D2", holder },
    { op: "putGrant", holder, door: "front" as never, schedule: "always" as never },
  ]);
  expect(reply.kind).toBe("changed");
  await site.board.send("tap front-reader B775D2");
  await poll(async () => (await events(site.state)).some(({ event }) => event.type === "action.done"));
  expect(arrived).toEqual(["/gate?who=ana&door=front&card=ana-card"]);

  const made = await runPostern(["http", "token", "bridge", "--scope", "query", ...where]);
  const token = /postern_\S+/.exec(made.out)?.[0] ?? "";
  const ask = (who: string, door: string) =>
    curl("-H", `Authorization: Bearer ${token}`, `${site.console}/v1/can-call?person=${who}&door=${door}`);
  expect(await ask("ana", "front")).toBe('{"ok":true,"canCall":true} 200');
  expect(await ask("ana", "garage")).toBe('{"ok":true,"canCall":false} 200');
  expect(await ask("nobody", "front")).toBe('{"ok":true,"canCall":false} 200');
  expect(await runPostern(["http", "revoke", "bridge", ...where])).toMatchObject({ code: 0 });
  expect(await ask("ana", "front")).toMatch(/ 401$/);
});
