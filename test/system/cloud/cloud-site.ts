// A site at a broker for one test: it ends with the test, and tells what it recorded and which relays it drove.
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { CloudRefusal, JournalEvent, RecordedEvent } from "../../../src/domain/events.ts";
import { openJournalReader } from "../../../src/ledger/journal-reader.ts";
import { poll, removeFolder } from "../product.ts";
import type { BrokerAt, CloudLaunch, CloudSiteOptions } from "./cloud-launch.ts";
import { launchCloudSite } from "./cloud-launch.ts";

export interface CloudSite extends CloudLaunch {
  readonly events: () => readonly RecordedEvent[];
  /** Waits until an event like that is in the record. */
  readonly recorded: (is: (event: JournalEvent) => boolean) => Promise<JournalEvent>;
  /** How often that cause was recorded. */
  readonly refusals: (why: CloudRefusal) => number;
  /** Relays that were energized since the start. */
  readonly driven: readonly string[];
}

export async function startCloudSite(broker: BrokerAt, options: CloudSiteOptions = {}): Promise<CloudSite> {
  const site = await launchCloudSite(broker, options);
  onTestFinished(async () => {
    await site.issuer.close();
    await site.stop();
    for (const path of [site.state, `${site.state}.config.json`]) removeFolder(path);
  });
  const driven: string[] = [];
  site.board.onMessage((one) => {
    if (one.kind === "relay" && one["energized"] === true) driven.push(String(one["relay"]));
  });
  const events = () => {
    const reader = openJournalReader(join(site.state, "ledger.db"));
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
  return { ...site, events, recorded, refusals, driven };
}
