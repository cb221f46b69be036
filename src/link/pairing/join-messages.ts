// What a controller and an issuer say to each other while they pair, and how it is read: docs/mqtt.md, "Keys".
import { z } from "zod";
import { namePattern } from "../topics.ts";

export type JoinSide = "device" | "issuer";

export const maxJoinBytes = 16_384;

const attempt = z.string().regex(/^[0-9a-f]{16}$/);
const share = z.string().regex(/^04[0-9a-f]{128}$/);
const confirmation = z.string().regex(/^[0-9a-f]{64}$/);
const sealed = z.string().max(maxJoinBytes);

/** By who says it. */
export const joinSchemas = {
  device: {
    answer: z.object({ kind: z.literal("answer"), attempt, share, confirmation }),
    keys: z.object({ kind: z.literal("keys"), attempt, sealed }),
    done: z.object({ kind: z.literal("done"), attempt, sealed }),
  },
  issuer: {
    offer: z.object({ kind: z.literal("offer"), attempt, share }),
    confirm: z.object({ kind: z.literal("confirm"), attempt, confirmation }),
    papers: z.object({ kind: z.literal("papers"), attempt, sealed }),
  },
} as const;
const { answer, keys, done } = joinSchemas.device;
const { offer, confirm, papers } = joinSchemas.issuer;
const fromDevice = z.discriminatedUnion("kind", [answer, keys, done]);
const fromIssuer = z.discriminatedUnion("kind", [offer, confirm, papers]);
export type FromDevice = z.infer<typeof fromDevice>;
export type FromIssuer = z.infer<typeof fromIssuer>;

const raw = z.string().regex(/^[A-Za-z0-9_-]{43}$/);

/** Public halves of keys that the controller made itself; `tls` is an SPKI, base64url. */
export const deviceKeysSchema = z.strictObject({
  sign: raw,
  seal: raw,
  tls: z.string().regex(/^[A-Za-z0-9_-]{100,200}$/),
});
export type DeviceKeys = z.infer<typeof deviceKeysSchema>;

const name = z.string().regex(namePattern);
const pem = z.string().max(8_192).nullable();

/** What a controller is told of itself and of its issuer. */
export const papersSchema = z.object({
  site: name,
  controller: name,
  issuer: z.object({ sign: z.array(raw).min(1).max(4), seal: raw }),
  /** Where the broker is; null says that the configuration has to. */
  broker: z.string().max(300).nullable(),
  /** PEM; null where the system's authorities do, or where a user's name and password stand in the configuration. */
  ca: pem,
  certificate: pem,
});
export type Papers = z.infer<typeof papersSchema>;

export const readFromDevice = (payload: Buffer): FromDevice | null => read(payload, fromDevice);
export const readFromIssuer = (payload: Buffer): FromIssuer | null => read(payload, fromIssuer);

export const joinTopic = (channel: string, from: JoinSide): string => `postern/1/join/${channel}/${from}`;

function read<Message>(payload: Buffer, schema: z.ZodType<Message>): Message | null {
  if (payload.length > maxJoinBytes) return null;
  try {
    return schema.parse(JSON.parse(payload.toString("utf8")));
  } catch {
    return null;
  }
}
