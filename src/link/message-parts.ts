// What all messages have in common, as schemas.
import { z } from "zod";
import { namePattern } from "./topics.ts";

export const enveloped = <Kind extends string, Shape extends z.ZodRawShape>(kind: Kind, shape: Shape) =>
  z.object({
    kind: z.literal(kind),
    site: z.string().regex(namePattern),
    controller: z.string().regex(namePattern),
    at: z.int().describe("When it was made, milliseconds since 1970 by its maker's clock."),
    key: z
      .string()
      .regex(/^[0-9a-f]{16}$/)
      .describe("Which key signed it."),
    signature: z.string().length(86).describe("Ed25519 over the canonical form of all else."),
    ...shape,
  });
