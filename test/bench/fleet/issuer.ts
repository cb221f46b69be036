// A process of the fleet's bench: the issuer's worker over its SQLite store, as `postern issuer run` has it, its messages counted.
import { machineMono } from "../../../hal/machine-time.ts";
import { chainPort, linkOpener, openIssuer } from "../../../src/cli/issuer/open-issuer.ts";
import type { OpenLink } from "../../../src/issuer/link-port.ts";
import { Worker } from "../../../src/issuer/worker.ts";
import type { Second, ToWorker } from "./words.ts";
import { answer, usage } from "./words.ts";

const [folder = ""] = process.argv.slice(2);
const beatMs = 1_000;
const open = await openIssuer({ folder });
const openLink = await linkOpener(open);
const seconds = new Map<number, { came: number; went: number }>();
const kinds: Record<string, { count: number; bytes: number }> = {};

const worker = new Worker({
  ...{
    name: "fleet",
    store: open.store,
    folderKeysOf: open.folderKeysOf,
    chain: chainPort,
    openLink: counting(openLink),
  },
  ...{ certify: () => null, tell: (what: string) => console.error(`issuer: ${what}`), forgetNamesDays: null },
  ...{ now: Date.now, mono: machineMono },
});
await worker.beat();
const timer = setInterval(() => void worker.beat(), beatMs);

answer(async (said: ToWorker): Promise<unknown> => {
  switch (said.kind) {
    case "seconds":
      return { seconds: [...seconds].map(([at, counts]): Second => ({ at, ...counts })), kinds };
    case "usage":
      return usage();
    case "close":
      clearInterval(timer);
      await worker.close();
      return open.store.close();
  }
});

function counting(opener: OpenLink): OpenLink {
  return (events) => {
    const link = opener({
      ...events,
      arrived: (arrival) => {
        count("came", arrival.topic, arrival.payload.length);
        return events.arrived(arrival);
      },
    });
    return {
      publish: (topic, payload, options) => {
        count("went", topic, Buffer.byteLength(payload));
        return link.publish(topic, payload, options);
      },
      subscribe: (filters) => link.subscribe(filters),
      unsubscribe: (filters) => link.unsubscribe(filters),
      get canShare() {
        return link.canShare;
      },
      close: () => link.close(),
    };
  };
}

function count(way: "came" | "went", topic: string, bytes: number): void {
  const at = Math.floor(Date.now() / 1_000);
  const second = seconds.get(at) ?? { came: 0, went: 0 };
  second[way] += 1;
  seconds.set(at, second);
  const kind = topic.split("/").slice(4).join("/");
  const known = kinds[kind] ?? { count: 0, bytes: 0 };
  kinds[kind] = { count: known.count + 1, bytes: known.bytes + bytes };
}
