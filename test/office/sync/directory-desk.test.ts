// What the controller's end says of the steps of a directory that came.
import { expect, test } from "vitest";
import type { CloudRequest, LedgerReply } from "../../../src/domain/ask.ts";
import type { Down } from "../../../src/link/down-messages.ts";
import { DirectoryDesk } from "../../../src/office/sync/directory-desk.ts";

const envelope = { site: "hof", controller: "gate", at: 1, key: "k", signature: "s" };

function createDesk(refuses: (id: string) => boolean) {
  const asked: CloudRequest[] = [];
  let waiting: readonly string[] = [];
  let syncs = 0;
  const desk = new DirectoryDesk({
    ask: async (request): Promise<LedgerReply | null> => {
      asked.push(request);
      if (request.kind !== "cloudApply" || request.step.kind !== "delta") return null;
      const refused = request.step.documents.map(({ id }) => id).filter(refuses);
      const came = new Set(request.step.documents.map(({ id }) => id));
      waiting = [...waiting.filter((id) => !came.has(id)), ...refused];
      return { kind: "cloudApplied", directory: { version: request.step.version, snapshot: null }, refused, waiting };
    },
    unseal: () => [{ name: "Ana Ruiz" }, "047110"],
    sync: () => {
      syncs += 1;
    },
    syncLater: () => {},
    refused: () => {},
  });
  return { desk, asked, syncs: () => syncs };
}

const delta = (version: number, ...ids: readonly string[]): Down<"delta"> => ({
  ...envelope,
  ...{ kind: "delta", from: version - 1, version, more: false, sealed: "sealed" },
  documents: ids.map((id) => ({
    ...{ what: "person", id, version, body: 0, grants: [] },
    credentials: [{ id: `${id}-pin`, kind: "pin", mark: "m", secret: 1 }],
  })),
});

/** As the issuer sends again what was refused. */
const again = (version: number, ...ids: readonly string[]): Down<"delta"> => ({
  ...delta(version, ...ids),
  from: version,
});

test("a document that was refused is told with each step of the directory, and no more once it was taken", async () => {
  let isBad = true;
  const { desk, syncs } = createDesk((id) => isBad && id === "ana");
  await desk.take(delta(1, "ana", "bob"));
  expect([desk.refused, syncs()]).toEqual([["ana"], 1]);
  await desk.take(delta(2, "bob"));
  expect([desk.refused, syncs()]).toEqual([["ana"], 2]);
  isBad = false;
  await desk.take(again(2, "ana"));
  expect([desk.refused, syncs()]).toEqual([[], 3]);
  await desk.take(delta(3, "bob"));
  expect(syncs()).toBe(3);
});

test("what comes again and is refused as before is not asked for at once, so that it ends", async () => {
  const { desk, syncs } = createDesk((id) => id === "ana");
  await desk.take(delta(1, "ana"));
  await desk.take(again(1, "ana", "bob"));
  expect([desk.refused, syncs()]).toEqual([["ana"], 1]);
});

test("what was refused before a restart is told from then on", () => {
  const { desk } = createDesk(() => false);
  desk.restored({ version: 3, snapshot: null }, ["ana"]);
  expect(desk.refused).toEqual(["ana"]);
});

test("who somebody is comes out of what is sealed, as their codes do", async () => {
  const { desk, asked } = createDesk(() => false);
  await desk.take(delta(1, "ana"));
  expect(asked).toMatchObject([
    { kind: "cloudApply", step: { documents: [{ body: { name: "Ana Ruiz" }, credentials: [{ secret: "047110" }] }] } },
  ]);
});

test("places that hold something else make a message malformed, and nothing of it is taken", async () => {
  const causes: string[] = [];
  const asked: CloudRequest[] = [];
  const desk = new DirectoryDesk({
    ask: async (request) => {
      asked.push(request);
      return null;
    },
    unseal: () => ["047110", "047110"],
    sync: () => {},
    syncLater: () => {},
    refused: (why) => causes.push(why),
  });
  await desk.take(delta(1, "ana"));
  expect({ causes, asked }).toEqual({ causes: ["malformed"], asked: [] });
});

test("a step that the ledger did not take is asked for again after a while", async () => {
  let later = 0;
  const desk = new DirectoryDesk({
    ask: async () => null,
    unseal: () => [{ name: "Ana" }, "047110"],
    sync: () => {},
    syncLater: () => {
      later += 1;
    },
    refused: () => {},
  });
  await desk.take(delta(1, "ana"));
  expect(later).toBe(1);
});
