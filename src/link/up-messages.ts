// What a controller may say to its issuer, and where: the schemas by which the issuer reads it.
import { z } from "zod";
import { positionSchema } from "./documents.ts";
import { enveloped } from "./message-parts.ts";

const count = z.int().min(0);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const text = z.string().max(1_000);
const boot = z.string().min(1).max(64);
const publicKey = z.string().length(43);
const sealed = z.string().max(262_144).optional();

/** `event` is the body whose canonical form was hashed. */
const event = z.looseObject({ type: z.string().min(1).max(64) });
const recorded = {
  seq: z.int().min(1),
  wall: z.number(),
  mono: z.number(),
  trusted: z.boolean(),
  boot,
  event,
  commitment: hash.nullable(),
};
const linked = z.object({ ...recorded, epoch: count, prev: hash, hash });

export const upSchemas = {
  state: enveloped("state", {
    boot,
    version: z.string().max(64),
    challenge: z.string().max(64).nullable(),
    epoch: count,
    seq: count,
    directory: count,
    clock: z.object({ wall: z.number(), trusted: z.boolean(), source: z.string().max(32).nullable() }),
    doors: z
      .array(
        z.object({
          door: text,
          mode: z.string().max(32),
          locked: z.boolean(),
          contact: z.enum(["open", "closed", "unknown"]),
          forced: z.boolean(),
          heldOpen: z.boolean(),
          tampered: z.boolean(),
          fire: z.boolean(),
        }),
      )
      .max(200),
    health: z.array(z.object({ part: text, why: text, since: z.number() })).max(200),
    issuerKeys: z.array(z.string().max(16)).max(4).optional().describe("Ids of the issuer's keys that count."),
  }),
  gone: enveloped("gone", { boot }),
  events: enveloped("events", {
    epoch: count,
    prev: hash,
    events: z.array(z.object(recorded)).min(1).max(200),
    hash,
    historical: z.boolean(),
    gap: z.object({ fromSeq: count, toSeq: count, lastHash: hash, kept: z.array(linked).max(200) }).optional(),
    sealed,
  }),
  alarm: enveloped("alarm", { epoch: count, seq: z.int().min(1), wall: z.number(), trusted: z.boolean(), event }),
  sync: enveloped("sync", {
    nonce: z.string().min(8).max(64),
    epoch: count,
    seq: count,
    hash,
    acked: z.object({ epoch: count, seq: count }).nullable(),
    directory: z.object({
      version: count,
      snapshot: z.object({ snapshot: count, upTo: positionSchema }).nullable(),
    }),
    refused: z.array(text).max(20),
  }),
  rotate: enveloped("rotate", { signKey: publicKey, sealKey: publicKey, tlsKey: z.string().max(512).nullable() }),
  result: enveloped("result", {
    id: z.string().max(64),
    ok: z.boolean(),
    code: z.enum(["done", "refused", "forbidden", "unknownDoor", "busy", "late", "failed"]),
    why: text.nullable(),
    sealed,
  }),
} as const;

export type UpKind = keyof typeof upSchemas;
export type Up<Kind extends UpKind> = z.infer<(typeof upSchemas)[Kind]>;

/** Below the base; a result's asker follows. */
export const upPlaceOf = {
  state: "state",
  gone: "state",
  events: "up/events",
  alarm: "live",
  sync: "up/sync",
  rotate: "up/keys",
  result: "result",
} as const satisfies Record<UpKind, string>;
