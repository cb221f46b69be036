// What the controller's end says of the steps of a directory that came.
import { expect, test } from "vitest";
import type { CloudRequest, LedgerReply } from "../../../src/domain/ask.ts";
import type { Down } from "../../../src/link/down-messages.ts";
import { DirectoryDesk } from "../../../src/office/sync/directory-desk.ts";

const envelope = { site: "hof", controller: "gate", at: 1, key: "k", signature: "s" };

function createDesk(refuses: (id: string) => boolean) {
  const asked: CloudRequest[] = [];
  let syncs = 0;
  const desk = new DirectoryDesk({
    ask: async (request): Promise<LedgerReply | null> => {
      asked.push(request);
      if (request.kind !== "cloudApply" || request.step.kind !== "delta") return null;
      const refused = request.step.documents.map(({ id }) => id).filter(refuses);
      return { kind: "cloudApplied", directory: { version: request.step.version, snapshot: null }, refused };
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

test("a document that was refused is told, and no more once it was taken", async () => {
  let isBad = true;
  const { desk, syncs } = createDesk((id) => isBad && id === "ana");
  await desk.take(delta(1, "ana", "bob"));
  expect(desk.refused).toEqual(["ana"]);
  expect(syncs()).toBe(1);
  await desk.take(delta(2, "bob"));
  expect(desk.refused).toEqual(["ana"]);
  expect(syncs()).toBe(1);
  isBad = false;
  await desk.take(delta(3, "ana"));
  expect(desk.refused).toEqual([]);
  expect(syncs()).toBe(2);
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
