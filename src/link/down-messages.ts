// What an issuer may say to a controller, and where: the schemas by which the controller reads it.
import { z } from "zod";
import { doorRequests } from "../domain/status.ts";
import { documentSchema, positionSchema } from "./documents.ts";
import { enveloped } from "./message-parts.ts";
import type { DownPlace } from "./topics.ts";

const version = z.int().min(0);
const id = z.string().min(1).max(64);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const sealed = z.string().max(262_144).optional();
const publicKey = z.string().length(43);

const order = z.discriminatedUnion("kind", [
  z.object({ kind: z.enum(["open", "clearForced", "clearTamper", ...doorRequests]), door: id }),
  z.object({ kind: z.literal("lockDown"), doors: z.array(id).max(200), forMs: z.number().positive().nullable() }),
  z.object({ kind: z.literal("lockDownRelease"), doors: z.array(id).max(200) }),
  z.object({ kind: z.literal("clearFire") }),
  z.object({ kind: z.literal("sync") }),
  z.object({ kind: z.literal("restart") }),
  z.object({
    kind: z.literal("revoke"),
    of: z.enum(["person", "pass", "credential"]),
    id,
    version: version.optional().describe("Where the directory says the same: nothing older than that brings it back."),
  }),
  z.object({ kind: z.literal("logs"), lines: z.int().min(1).max(1_000) }),
  z.object({ kind: z.literal("identify"), forMs: z.number().min(1_000).max(600_000) }),
]);

export const downSchemas = {
  ack: enveloped("ack", {
    epoch: z.int().min(0),
    seq: z.int().min(0),
    hash,
    nonce: z.string().max(64).nullable(),
  }),
  beacon: enveloped("beacon", { version }),
  delta: enveloped("delta", {
    from: version,
    version,
    documents: z.array(documentSchema).min(1).max(200),
    more: z.boolean(),
    sealed,
  }),
  chunk: enveloped("chunk", {
    snapshot: version,
    after: positionSchema.nullable(),
    upTo: positionSchema.nullable(),
    version,
    documents: z.array(documentSchema).max(500),
    sealed,
  }),
  command: enveloped("command", {
    id: z.string().regex(/^[A-Za-z0-9_-]{22}$/),
    do: order,
    by: z.string().min(1).max(64),
    until: z.int(),
    challenge: z.string().max(64).nullable(),
  }),
  keys: enveloped("keys", { sign: z.array(publicKey).min(1).max(4), seal: publicKey }),
  certificate: enveloped("certificate", {
    signKey: publicKey,
    sealKey: publicKey,
    certificate: z.string().max(8_192).nullable(),
  }),
} as const;

export type DownKind = keyof typeof downSchemas;
export type Down<Kind extends DownKind> = z.infer<(typeof downSchemas)[Kind]>;

export const downPlaceOf: Readonly<Record<DownKind, DownPlace>> = {
  ack: "down/ack",
  beacon: "down/beacon",
  delta: "down/directory",
  chunk: "down/directory",
  command: "down/command",
  keys: "down/keys",
  certificate: "down/keys",
};
