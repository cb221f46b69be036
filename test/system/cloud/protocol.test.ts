// Every message of the protocol, from both sides, as a stranger reads it: taken off a real broker by mosquitto_sub over TLS, and
// held to the published AsyncAPI document by a validator that is not ours.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Ajv } from "ajv";
import { expect, onTestFinished, test } from "vitest";
import type { Mosquitto, TlsClient } from "../broker/mosquitto.ts";
import { isMosquittoThere } from "../broker/mosquitto.ts";
import { createIssuerSite, site as siteName } from "../issuer/issuer-site.ts";
import { poll } from "../product.ts";

interface AsyncApi {
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly messages: Readonly<Record<string, unknown>> }>
  >;
  readonly components: { readonly messages: Readonly<Record<string, { readonly payload: object }>> };
}

interface Overheard {
  readonly topic: string;
  readonly kept: boolean;
  readonly message: { readonly kind: string } & Readonly<Record<string, unknown>>;
}

const api = JSON.parse(readFileSync("docs/asyncapi.json", "utf8")) as AsyncApi;
const ajv = new Ajv({ strict: false, validateFormats: false });
const validators = new Map(
  Object.entries(api.components.messages).map(([kind, { payload }]) => [kind, ajv.compile(payload)]),
);
const gate = "gate-1";
const heard: Overheard[] = [];

/** Debian's own client, which knows nothing of Postern. */
function listen(broker: Mosquitto, folder: string, tls: TlsClient, topic: string): void {
  const fileOf = (name: keyof TlsClient): string => {
    const path = join(folder, `${topic.replace(/\W/g, "")}.${name}`);
    writeFileSync(path, tls[name]);
    return path;
  };
  const files = ["--cafile", fileOf("ca"), "--cert", fileOf("cert"), "--key", fileOf("key")];
  const where = ["-h", "localhost", "-p", String(broker.port), "-V", "5", "-q", "1", "-t", topic, "-F", "%t %r %p"];
  const child = spawn("mosquitto_sub", [...where, ...files], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [name = "", kept = "", ...rest] = line.split(" ");
    heard.push({ topic: name, kept: kept === "1", message: JSON.parse(rest.join(" ")) });
  });
}

const kinds = (): readonly string[] => [...new Set(heard.map(({ message }) => message.kind))].sort();
const hasHeard = (kind: string): Promise<void> => poll(async () => kinds().includes(kind));

/** As the document says: which kinds an address carries. */
function kindsAt(topic: string): readonly string[] {
  const found = Object.values(api.channels).find(({ address }) =>
    new RegExp(`^${address.replace(/\{\w+\}/g, "[^/]+")}$`).test(topic),
  );
  return Object.keys(found?.messages ?? {});
}

test.runIf(isMosquittoThere)(
  "each message that issuer and controller ever send is as the AsyncAPI document has it, and can be read with mosquitto_sub",
  async () => {
    const site = await createIssuerSite();
    const { broker, folder } = site;
    const file = join(folder, "directory.json");
    const people = Array.from({ length: 260 }, (_, n) => {
      return {
        id: `p${n}`,
        name: `Person ${n}`,
        cards: [(0xc00000 + n).toString(16).toUpperCase().padStart(8, "0")],
        doors: ["front"],
      };
    });
    writeFileSync(file, JSON.stringify({ people }));
    expect(await site.issuer("directory", "apply", file)).toMatchObject({ code: 0 });
    for (const place of ["state", "live", "up/#", "result/#"])
      listen(broker, folder, broker.clientOf(siteName), `postern/1/${siteName}/+/${place}`);
    listen(broker, folder, broker.clientOf(`${siteName}/${gate}`), `postern/1/${siteName}/${gate}/down/#`);

    await site.startWorker();
    const product = await site.startController(gate);
    for (const kind of ["state", "events", "sync", "ack", "beacon", "chunk"]) await hasHeard(kind);
    await poll(async () => (await site.issuer("drift")).code === 0, 200);
    writeFileSync(file, JSON.stringify({ people: people.slice(1) }));
    await site.issuer("directory", "apply", file);
    await hasHeard("delta");
    await product.board.send("open front-contact");
    await hasHeard("alarm");
    await product.board.send("tap front-reader 00C00005");
    expect(await site.issuer("logs", "--lines", "5")).toMatchObject({ code: 0 });
    expect(await site.issuer("identify")).toMatchObject({ code: 0 });
    for (const kind of ["command", "result"]) await hasHeard(kind);
    product.process.kill("SIGKILL");
    await hasHeard("gone");

    for (const { topic, message } of heard) {
      const validate = validators.get(message.kind);
      expect(validate?.(message), `${message.kind}: ${JSON.stringify(validate?.errors)}`).toBe(true);
      expect(kindsAt(topic)).toContain(message.kind);
    }
    const sent = Object.keys(api.components.messages).filter((kind) => !elsewhere.test(kind));
    expect(kinds()).toEqual(expect.arrayContaining(sent));
    const said = JSON.stringify(heard);
    for (const secret of ["00C00005", "Person 7"]) expect(said).not.toContain(secret);
  },
  120_000,
);

/** Those of pairing and of keys that change over are overheard where these are tested. */
const elsewhere = /^(rotate|keys|certificate|join[A-Z].*)$/;
