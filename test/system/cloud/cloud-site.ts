// The built product at a real broker, with an issuer in the test's hands.
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { CloudRefusal, JournalEvent, RecordedEvent } from "../../../src/domain/events.ts";
import { openJournalReader } from "../../../src/ledger/journal-reader.ts";
import { madeIdentity } from "../../link/made-identity.ts";
import { exampleSite, startForTest, temporarySite } from "../command.ts";
import type { Product } from "../product.ts";
import { poll } from "../product.ts";
import { TestIssuer } from "./test-issuer.ts";

export interface CloudSite extends Product {
  readonly issuer: TestIssuer;
  readonly events: () => readonly RecordedEvent[];
  /** Waits until an event like that is in the record. */
  readonly recorded: (is: (event: JournalEvent) => boolean) => Promise<JournalEvent>;
  /** How often that cause was recorded. */
  readonly refusals: (why: CloudRefusal) => number;
  /** Relays that were energized since the start. */
  readonly driven: readonly string[];
}

export interface CloudSiteOptions {
  readonly cloud?: object;
  readonly edit?: (site: ReturnType<typeof JSON.parse>) => void;
}

/** At a broker on loopback, under a name of its own. */
export async function startCloudSite(
  url: string,
  { cloud = {}, edit = () => {} }: CloudSiteOptions = {},
): Promise<CloudSite> {
  const address = { site: "hof-12", controller: `gate-${randomBytes(4).toString("hex")}` };
  const made = madeIdentity(address);
  const config = exampleSite((site) => {
    site.cloud = { broker: url, ...cloud };
    edit(site);
  });
  const { state, file } = temporarySite(config);
  const identity = join(state, "keys", "cloud-identity.json");
  mkdirSync(dirname(identity), { recursive: true, mode: 0o700 });
  writeFileSync(identity, JSON.stringify(made.file), { mode: 0o600 });
  const issuer = await TestIssuer.open(url, address, made.issuer);
  onTestFinished(() => issuer.close());
  const product = await startForTest({ config: null, configFile: file, state });
  const driven: string[] = [];
  product.board.onMessage((one) => {
    if (one.kind === "relay" && one["energized"] === true) driven.push(String(one["relay"]));
  });
  const events = () => {
    const reader = openJournalReader(join(state, "ledger.db"));
    try {
      return reader.tail(500);
    } finally {
      reader.close();
    }
  };
  const recorded = async (is: (event: JournalEvent) => boolean) => {
    let found: JournalEvent | undefined;
    await poll(async () => {
      found = events().find(({ event }) => is(event))?.event;
      return found !== undefined;
    });
    return found as JournalEvent;
  };
  const refusals = (why: CloudRefusal) =>
    events().filter(({ event }) => event.type === "cloud.refused" && event.why === why).length;
  await issuer.seen("sync");
  return { ...product, issuer, events, recorded, refusals, driven };
}
