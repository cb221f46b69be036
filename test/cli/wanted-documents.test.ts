// What a directory.json wants of an issuer, on its way to a controller.
import { createSecretKey, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { wantedDocuments } from "../../src/cli/issuer/wanted-documents.ts";
import { readDirectoryFile } from "../../src/exchange/directory-file.ts";
import type { IssuedDocument } from "../../src/issuer/documents.ts";
import { packDocument, unpackDocument, wireDocument } from "../../src/issuer/documents.ts";
import { documentSchema } from "../../src/link/documents.ts";

const box = { key: createSecretKey(randomBytes(32)), random: randomBytes };
const cards = { icFormat: "8HN", idFormat: "8HN", longUid: null } as const;

function wanted(card: object, known: readonly IssuedDocument[] = []): IssuedDocument {
  const people = [{ id: "ana", name: "Ana", cards: [{ number: "00B775D2", ...card }], doors: ["front"] }];
  const reading = readDirectoryFile(JSON.stringify({ people }), { timeZone: "UTC", cards });
  if (!reading.ok) throw new Error(JSON.stringify(reading.problems));
  const { documents, problems } = wantedDocuments(
    reading.wanted,
    known.map((document) => ({ document, fromFile: true })),
  );
  expect(problems).toEqual([]);
  const [ana] = documents;
  if (ana === undefined) throw new Error("nobody");
  return ana;
}

/** Stored, and as it is sent. */
function sent(document: IssuedDocument) {
  const { what, id, content } = packDocument(document, null, true, box);
  if (content === null) throw new Error("nothing is stored");
  const stored = { what, id, version: 1, gone: false, fromFile: true, ...content };
  expect(unpackDocument(stored, box.key)).toMatchObject(document);
  return documentSchema.parse(wireDocument(stored, 1, new Set(["front"]), box.key).document);
}

test("a card that is lost, stolen or suspended goes to its controllers as such, and one that is none of it without a word", () => {
  for (const state of ["lost", "stolen", "suspended"] as const) {
    expect(sent(wanted({ state }))).toMatchObject({ credentials: [{ id: "ana-card-1", state }] });
  }
  expect(sent(wanted({}))).not.toHaveProperty("credentials.0.state");
});

test("a card keeps its id when it is lost, and has another one when it was found", () => {
  const first = wanted({});
  const lost = wanted({ state: "lost" }, [first]);
  const found = wanted({}, [lost]);
  const again = wanted({}, [found]);
  const ids = [first, lost, found, again].map((one) => "credentials" in one && one.credentials[0]?.id);
  expect(ids).toEqual(["ana-card-1", "ana-card-1", "ana-card-2", "ana-card-2"]);
});
