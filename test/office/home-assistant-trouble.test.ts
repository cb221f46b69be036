// Brokers that cannot be had, or that mean no good: what is said of them, and that nothing else minds.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test } from "vitest";
import type { HomeAssistantSpec } from "../../src/domain/home-assistant.ts";
import { DoorDesk } from "../../src/office/door-desk.ts";
import type { Home } from "../../src/office/homeassistant/open-home.ts";
import { openHomeAssistant } from "../../src/office/homeassistant/open-home.ts";
import { site } from "../site-fixture.ts";
import { FakeJournal } from "./fake-journal.ts";
import { connack, imposter } from "./imposter.ts";
import type { Mosquitto } from "./mosquitto.ts";
import { openMosquitto } from "./mosquitto.ts";

let home: Home | null = null;
const folder = mkdtempSync(join(tmpdir(), "postern-home-"));
const memoryFile = join(folder, "home-assistant.json");
afterEach(() => {
  home?.close();
  rmSync(memoryFile, { force: true });
});

async function brokerWith(tls: boolean, access?: readonly string[]): Promise<Mosquitto> {
  const broker = await openMosquitto(access === undefined ? { tls } : { tls, access });
  onTestFinished(() => broker.close());
  return broker;
}

const usual: HomeAssistantSpec = {
  broker: "mqtt://127.0.0.1:1",
  caFile: null,
  username: null,
  passwordFile: null,
  discoveryPrefix: "homeassistant",
  id: "postern",
  mayOpen: true,
  revealDetails: false,
};

/** What health says, one thing after the other: null when all is well. */
function openWith(spec: Partial<HomeAssistantSpec>, memory = memoryFile): () => Promise<string | null> {
  const said: (string | null)[] = [];
  let arrived = (): void => {};
  const set = (part: string, well: boolean, why: string): void => {
    said.push(well ? null : `${part}: ${why}`);
    arrived();
  };
  const journal = new FakeJournal();
  const mono = () => performance.now();
  const opening = {
    site,
    databasePath: "none",
    actions: { boot: "boot-1", version: "1.2.3" },
    homeAssistant: { spec: { ...usual, ...spec }, memoryFile: memory },
  };
  home = openHomeAssistant(opening as never, {
    openJournal: () => journal.open(),
    mono,
    desk: new DoorDesk(() => {}, mono),
    own: { set, facts: () => [] } as never,
    note: () => {},
  });
  return async () => {
    if (said.length === 0) await new Promise<void>((resolve) => (arrived = resolve));
    return said.shift() ?? null;
  };
}

const open = (spec: Partial<HomeAssistantSpec>): Promise<string | null> => openWith(spec)();

test("over TLS the broker's certificate is checked against the authorities that are named", async () => {
  const broker = await brokerWith(true);
  const { caFile, passwordFile, port } = broker;
  expect(await open({ broker: `mqtts://localhost:${port}`, caFile, username: "postern", passwordFile })).toBeNull();
});

test("a certificate for which nobody vouches is refused, and health says what to do", async () => {
  const { passwordFile, port } = await brokerWith(true);
  const why = await open({ broker: `mqtts://localhost:${port}`, username: "postern", passwordFile });
  expect(why).toMatch(/certificate of mqtts:\/\/localhost:\d+ .*caFile\.$/);
});

test("a wrong name or password is told as such", async () => {
  const { passwordFile, port } = await brokerWith(false);
  const why = await open({ broker: `mqtt://127.0.0.1:${port}`, username: "nobody", passwordFile });
  expect(why).toMatch(/check username, passwordFile/);
});

test("a password that others can read is not sent", async () => {
  const { passwordFile, port } = await brokerWith(false);
  chmodSync(passwordFile, 0o644);
  const why = await open({ broker: `mqtt://127.0.0.1:${port}`, username: "postern", passwordFile });
  expect(why).toBe(`Home Assistant: Others can read ${passwordFile}; set its mode to 0600.`);
});

test("a broker that does not let Postern write says where", async () => {
  const { passwordFile, port } = await brokerWith(false);
  const why = await open({
    broker: `mqtt://127.0.0.1:${port}`,
    username: "postern",
    passwordFile,
    discoveryPrefix: "other",
  });
  expect(why).toBe("Home Assistant: The broker does not let Postern write other/device/postern_postern/config.");
});

test("the access list that the documentation shows is all that Postern needs", async () => {
  const page = readFileSync(new URL("../../docs/homeassistant.md", import.meta.url), "utf8");
  const access = page.split("\n").flatMap((line) => /^ +(topic .*)$/.exec(line)?.[1] ?? []);
  const { passwordFile, port } = await brokerWith(false, access);
  expect(access).toHaveLength(3);
  expect(await open({ broker: `mqtt://127.0.0.1:${port}`, username: "postern", passwordFile })).toBeNull();
});

test("a broker that is not there is told, with what to look at", async () => {
  expect(await open({})).toMatch(/Nobody answers at mqtt:\/\/127\.0\.0\.1:1; is the broker running\?/);
});

test("nothing is told to a broker that could not be remembered", async () => {
  const broker = await brokerWith(false);
  const { passwordFile, port } = broker;
  const access = { broker: `mqtt://127.0.0.1:${port}`, username: "postern", passwordFile };
  expect(await openWith(access, join(folder, "none", "memory.json"))()).toMatch(/disk does not take the note/);
  expect((await broker.kept()).size).toBe(0);
});

test("something that is no broker is told as such, and what it says is not believed", async () => {
  const broker = await imposter((socket) => socket.write("HTTP/1.1 400 Bad Request\r\n\r\n"));
  expect(await open({ broker })).toMatch(/^Home Assistant: /);
});

test("another one under the same id is told as such, as two that share it would throw each other out for ever", async () => {
  const takenOver = Buffer.from([0xe0, 0x02, 0x8e, 0x00]);
  const broker = await imposter((socket) => socket.end(Buffer.concat([connack, takenOver])));
  expect(await open({ broker })).toMatch(/under this controller's id; give each its own\.$/);
});

/** A PUBLISH to `a/b` with 4,000 bytes: two of fixed header after its kind, five of topic, one of properties. */
const publication = Buffer.concat([Buffer.from([0x30, 0xa6, 0x1f, 0, 3, 0x61, 0x2f, 0x62, 0]), Buffer.alloc(4_000)]);

test("a broker that pours out more than any Home Assistant would is cut off", async () => {
  const broker = await imposter((socket) => {
    const pour = (): void => void socket.write(publication, () => socket.destroyed || pour());
    socket.write(connack, pour);
  });
  expect(await open({ broker })).toMatch(/sends more than any Home Assistant would/);
});

test("a broker that begins a packet larger than any that was asked for is cut off at once", async () => {
  // A PUBLISH of 200 megabytes, of which hardly anything comes.
  const broker = await imposter((socket) =>
    socket.write(Buffer.concat([connack, Buffer.of(0x30, 0x80, 0x84, 0xaf, 0x5f)])),
  );
  expect(await open({ broker })).toMatch(/sends more than any Home Assistant would/);
});

test("a memory that is no memory is not believed, and takes nothing down", async () => {
  writeFileSync(memoryFile, '{"places":[{"place":{"broker":"x"}},7]}');
  expect(await open({})).toMatch(/Nobody answers/);
});
