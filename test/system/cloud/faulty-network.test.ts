// A network that cuts, delays, swallows and doubles, and a broker and an issuer that are killed: at the end both sides hold the same.
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import Sqlite from "better-sqlite3";
import { expect, onTestFinished, test } from "vitest";
import { withIssuer } from "../../../src/cli/issuer/open-issuer.ts";
import { planEdits } from "../../../src/issuer/directory-edit.ts";
import type { IssuedDocument } from "../../../src/issuer/documents.ts";
import { openJournalReader } from "../../../src/ledger/journal-reader.ts";
import { FaultyLink } from "../broker/faulty-link.ts";
import { isMosquittoThere } from "../broker/mosquitto.ts";
import { createIssuerSite, site as siteName } from "../issuer/issuer-site.ts";
import { poll } from "../product.ts";
import { fillRecord } from "./filled-record.ts";

const events = 10_000;
const changes = 1_000;
const changesAtOnce = 20;
const people = 150;
const gate = "gate-1";
const hour = 3_600_000;
/** Questions that are lost are asked again after twenty seconds, and a broker is called ever more slowly. */
const patienceMs = 90_000;

const faulty = {
  seed: "faulty network",
  weights: { refused: 2, cut: 4, answersLost: 4, late: 4, halfOpen: 2 },
  afterBytes: [6_000, 120_000],
  silenceMs: [50, 800],
  delayMs: [0, 15],
  bytesPerSecond: null,
} as const;

/** The n-th change: somebody comes, gets another card, or goes. */
function changed(n: number): { readonly id: string; readonly document: IssuedDocument | null } {
  const id = `p${(n * 37) % people}`;
  if (n % 9 === 8) return { id, document: null };
  const card = (0x1000000 + n).toString(16).toUpperCase().padStart(8, "0");
  const body = { name: `Person ${id} ${n}`, state: "active", validity: { from: null, until: null } };
  const credentials = [{ id: `${id}-card`, kind: "card" as const, secret: card }];
  const grants = [{ door: n % 2 === 0 ? "front" : "garage", schedule: "always" }];
  return { id, document: { what: "person", id, body, credentials, grants } };
}

test.runIf(isMosquittoThere)(
  "over a network that drops, delays, doubles and goes silent, with broker and issuer killed: each event once, each change once, and no lock moved",
  async () => {
    const site = await createIssuerSite();
    let worker = await site.startWorker();
    const link = await FaultyLink.open(site.broker.port, faulty);
    onTestFinished(() => link.close());
    const product = await site.startController(gate, {
      url: `mqtts://localhost:${link.port}`,
      prepare: (state, config) =>
        fillRecord(state, config, { type: "exit.pressed", door: "front", input: "front-exit" }, events, 24 * hour),
    });
    const moved: unknown[] = [];
    product.board.onMessage((one) => {
      if (one.kind === "relay" && one["relay"] === "front-strike") moved.push(one);
    });
    const wanted = new Map<string, IssuedDocument>();
    await withIssuer({ folder: site.folder }, async (open) => {
      const box = { key: open.folderKeysOf(siteName).secrets, random: randomBytes };
      for (let n = 0; n < changes; n += changesAtOnce) {
        for (let m = n; m < n + changesAtOnce; m += 1) {
          const { id, document } = changed(m);
          if (document === null) wanted.delete(id);
          else wanted.set(id, document);
          const plan = planEdits([], document === null ? [] : [document], new Set(), box);
          const gone = { what: "person", id, fromFile: false, content: null } as const;
          await open.store.directory.change(siteName, document === null ? [gone] : plan.changes);
        }
        if (n === 300) await site.broker.kill().then(() => site.broker.start());
        if (n === 500) await worker.kill("SIGKILL");
        if (n === 600) worker = await site.startWorker();
        if (n < 500) await poll(async () => faults(link) >= n / 100, 10, patienceMs);
      }
    });
    await poll(async () => faults(link) >= 10, 10, patienceMs);
    link.follow({ ...faulty, weights: { clean: 1 } });
    link.cutAll();
    await poll(async () => (await site.issuer("drift")).code === 0, 500, patienceMs);

    const here = openJournalReader(join(product.state, "ledger.db"));
    onTestFinished(() => here.close());
    const store = new Sqlite(join(site.folder, "issuer.db"), { readonly: true });
    onTestFinished(() => void store.close());
    await poll(async () => countIn(store) === here.head(), 200, patienceMs);
    const theirs = store.prepare<[], { seq: number; hash: string }>("SELECT seq, hash FROM event ORDER BY seq").all();
    const ours = [...here.rows()].map(({ seq, hash }) => ({ seq, hash: hash.toString("hex") }));
    expect(theirs.map(({ seq }) => seq)).toEqual(ours.map(({ seq }) => seq));
    expect(ours.length).toBeGreaterThan(events);

    const ledger = new Sqlite(join(product.state, "ledger.db"), { readonly: true });
    onTestFinished(() => void ledger.close());
    const held = ledger
      .prepare<[], { id: string; name: string; door: string }>(
        "SELECT id, name, door FROM holder JOIN holder_grant ON holder_id = id ORDER BY id",
      )
      .all();
    const expected = [...wanted.values()].map(({ id, body, ...rest }) => {
      return { id, name: (body as { name: string }).name, door: "grants" in rest ? rest.grants[0]?.door : "" };
    });
    expect(held).toEqual(expected.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
    expect(moved).toEqual([]);
    await worker.kill("SIGTERM");
  },
  400_000,
);

const faults = ({ met }: FaultyLink): number => met.cut + met.answersLost + met.late + met.halfOpen;

const countIn = (store: Sqlite.Database): number =>
  store.prepare<[], number>("SELECT count(*) FROM event").pluck().get() ?? 0;
