// Reads what came on a topic: signed, for us, whole, and of a kind that belongs there; says in one word what is wrong otherwise.
import type { z } from "zod";
import type { Down, DownKind } from "./down-messages.ts";
import { downPlaceOf, downSchemas } from "./down-messages.ts";
import type { Opened, Verifiers } from "./envelope.ts";
import { openMessage } from "./envelope.ts";
import type { Address } from "./topics.ts";
import type { Up, UpKind } from "./up-messages.ts";
import { upPlaceOf, upSchemas } from "./up-messages.ts";

export type DownMessage = { [Kind in DownKind]: Down<Kind> }[DownKind];
export type UpMessage = { [Kind in UpKind]: Up<Kind> }[UpKind];

export type Misread = Extract<Opened, { ok: false }>["why"] | "misplaced" | "retained";
export type Read<Message> =
  | { readonly ok: true; readonly message: Message }
  | { readonly ok: false; readonly why: Misread };

export interface Arrived {
  readonly payload: Buffer;
  /** Below the base, without an asker. */
  readonly place: string;
  /** The broker had kept it. */
  readonly retained: boolean;
}

/** What may have been kept: nothing that acts. */
const keepable: ReadonlySet<string> = new Set<DownKind | UpKind>(["beacon", "state", "gone"]);

export const readDown = (arrived: Arrived, address: Address, verifiers: Verifiers): Read<DownMessage> =>
  read<DownMessage>(arrived, openMessage(arrived.payload, address, verifiers), downSchemas, downPlaceOf);

export const readUp = (arrived: Arrived, address: Address, verifiers: Verifiers): Read<UpMessage> =>
  read<UpMessage>(arrived, openMessage(arrived.payload, address, verifiers), upSchemas, upPlaceOf);

function read<Message>(
  { place, retained }: Arrived,
  opened: Opened,
  schemas: Readonly<Record<string, z.ZodType>>,
  placeOf: Readonly<Record<string, string>>,
): Read<Message> {
  if (!opened.ok) return opened;
  const { kind } = opened.message;
  const schema = Object.hasOwn(schemas, kind) ? schemas[kind] : undefined;
  if (schema === undefined || placeOf[kind] !== place) return { ok: false, why: "misplaced" };
  if (retained && !keepable.has(kind)) return { ok: false, why: "retained" };
  const parsed = schema.safeParse(opened.message);
  return parsed.success ? { ok: true, message: parsed.data as Message } : { ok: false, why: "malformed" };
}
