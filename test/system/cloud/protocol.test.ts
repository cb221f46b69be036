// Every message of the protocol, from both sides, as a stranger reads it: taken off a real broker by mosquitto_sub over TLS, and
// held to the published AsyncAPI document by a validator that is not ours.
import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { Ajv, type ValidateFunction } from "ajv";
import { expect, onTestFinished, test } from "vitest";
import { pairingAccount, pairingIssuer } from "../../../src/link/pairing/pairing-account.ts";
import type { TlsClient } from "../broker/mosquitto.ts";
import { isMosquittoThere } from "../broker/mosquitto.ts";
import { showCode } from "../broker/shown-code.ts";
import { exampleSite, runPostern, startForTest, temporarySite } from "../command.ts";
import { createIssuerSite, site as siteName } from "../issuer/issuer-site.ts";
import { poll } from "../product.ts";

interface AsyncApi {
  readonly channels: Readonly<
    Record<string, { readonly address: string; readonly messages: Readonly<Record<string, { readonly $ref: string }>> }>
  >;
  readonly components: { readonly messages: Readonly<Record<string, { readonly payload: object }>> };
}

/** Two topics may have a kind of the same name. */
interface Named {
  readonly name: string;
  readonly address: RegExp;
  readonly kind: string;
  readonly validate: ValidateFunction;
}

interface Overheard {
  readonly topic: string;
  readonly message: { readonly kind: string } & Readonly<Record<string, unknown>>;
}

const api = JSON.parse(readFileSync("docs/asyncapi.json", "utf8")) as AsyncApi;
const ajv = new Ajv({ strict: false, validateFormats: false });
const gate = "gate-1";
const heard: Overheard[] = [];

const named: readonly Named[] = Object.values(api.channels).flatMap(({ address, messages }) =>
  Object.entries(messages).map(([kind, { $ref }]) => {
    const name = $ref.split("/").at(-1) ?? "";
    const validate = ajv.compile(api.components.messages[name]?.payload ?? {});
    return { name, address: new RegExp(`^${address.replace(/\{\w+\}/g, "[^/]+")}$`), kind, validate };
  }),
);

/** Debian's own client, which knows nothing of Postern. */
function listen(port: number, topic: string, ...access: readonly string[]): void {
  const where = ["-h", "localhost", "-p", String(port), "-V", "5", "-q", "1", "-t", topic, "-F", "%t %p"];
  const child = spawn("mosquitto_sub", [...where, ...access], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill());
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [name = "", ...rest] = line.split(" ");
    heard.push({ topic: name, message: JSON.parse(rest.join(" ")) });
  });
}

/** What mosquitto_sub shows as a certificate. */
function filesOf(folder: string, name: string, tls: TlsClient): readonly string[] {
  const fileOf = (what: keyof TlsClient): string => {
    const path = join(folder, `${name}.${what}`);
    writeFileSync(path, tls[what]);
    return path;
  };
  return ["--cafile", fileOf("ca"), "--cert", fileOf("cert"), "--key", fileOf("key")];
}

const nameOf = ({ topic, message }: Overheard): Named | undefined =>
  named.find(({ address, kind }) => address.test(topic) && kind === message.kind);
const hasHeard = (name: string): Promise<void> => poll(async () => heard.some((one) => nameOf(one)?.name === name));

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
    const asIssuer = filesOf(folder, "overhearing", broker.clientOf(siteName));
    for (const place of ["state", "live", "up/#", "result/#"])
      listen(broker.port, `postern/1/${siteName}/+/${place}`, ...asIssuer);
    const asGate = filesOf(folder, "overheard", broker.clientOf(`${siteName}/${gate}`));
    listen(broker.port, `postern/1/${siteName}/${gate}/down/#`, ...asGate);
    const { name, password } = pairingAccount;
    const asBoard = [...asIssuer.slice(0, 2), "-u", name, "-P", password];
    listen(broker.passwordPort, "postern/1/join/+/issuer", ...asBoard);
    const pairing = filesOf(folder, "pairing", broker.clientOf(pairingIssuer));
    listen(broker.port, "postern/1/join/+/device", ...pairing);

    const { state, file: config } = temporarySite(
      exampleSite((one) => {
        one.cloud = {};
      }),
    );
    const joining = await showCode(site, state);
    expect(await site.issuer("join", joining.code, "--controller", gate)).toMatchObject({ code: 0 });
    await joining.ended;
    const worker = await site.startWorker();
    const product = await startForTest({ config: null, configFile: config, state });
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
    expect(await runPostern(["join", "--rotate", "--state", state])).toMatchObject({ code: 0 });
    await hasHeard("certificate");
    expect(await site.issuer("rotate", "begin")).toMatchObject({ code: 0 });
    await worker.kill("SIGTERM");
    await site.startWorker();
    await hasHeard("keys");
    product.process.kill("SIGKILL");
    await hasHeard("gone");

    for (const one of heard) {
      const found = nameOf(one);
      expect(found?.validate(one.message), `${one.topic}: ${JSON.stringify(found?.validate.errors)}`).toBe(true);
    }
    const names = new Set(heard.map((one) => nameOf(one)?.name));
    expect([...names].sort()).toEqual(Object.keys(api.components.messages).sort());
    const said = JSON.stringify(heard);
    for (const secret of ["00C00005", "Person 7"]) expect(said).not.toContain(secret);
  },
  120_000,
);
