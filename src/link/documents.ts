// What the issuer's directory consists of, as it travels: whole documents with the version at which they last changed.
import { z } from "zod";
import { cardTechnologies, knownParts } from "../domain/card-format.ts";
import { ownedByCloud } from "../domain/cloud-directory.ts";
import { credentialKinds, credentialStates } from "../domain/directory.ts";

const id = z.string().min(1).max(64);
const version = z.int().min(0);
const time = z.number().nullable();
/** As docs/directory.md has it; the ledger reads it strictly, and refuses the document alone when it is not so. */
const body = z.looseObject({});

const credential = z.object({
  id,
  kind: z.enum(credentialKinds),
  mark: z.string().max(64).describe("Differs when the secret does."),
  secret: z.int().min(0).describe("Its place in what is sealed."),
  state: z.enum(credentialStates).optional().describe("Active when left out."),
  validity: z.object({ from: time, until: time }).optional(),
  direction: z.enum(["entry", "exit"]).nullable().optional(),
  known: z.enum(knownParts).nullable().optional(),
  technology: z.enum(cardTechnologies).nullable().optional(),
});
const grant = z.object({ door: id, schedule: id });
const holder = {
  id,
  version,
  body: z.union([z.int().min(0), body]).describe("Its place in what is sealed, as it names somebody; or itself."),
  credentials: z.array(credential).max(200),
  grants: z.array(grant).max(200),
};

export const documentSchema = z.discriminatedUnion("what", [
  z.object({ what: z.literal("schedule"), id, version, body }),
  z.object({ what: z.literal("holiday"), id, version, body }),
  z.object({ what: z.literal("person"), ...holder }),
  z.object({ what: z.literal("pass"), ...holder, activatedAt: time.optional() }),
  z
    .object({ what: z.literal("passKey"), id, version, body, secret: z.int().min(0).nullable() })
    .describe("A key by which passes open that visitors carry: docs/passes.md."),
  z.object({ what: z.literal("gone"), of: z.enum(ownedByCloud), id, version }),
  z
    .object({ what: z.literal("kept"), of: z.enum(ownedByCloud), id, version })
    .describe("It is there, as it was sent before."),
]);

/** Where a document stands in a snapshot: section, kind and id. */
const positionPattern = /^[0-3]:[a-zA-Z]+:.{1,64}$/;
export const positionSchema = z.string().regex(positionPattern);
