// Whether something that came over the socket is a list of directory changes at all; loaded with the first one that comes,
// so that no door waits for it. What values may be is said elsewhere.
import { z } from "zod";
import type { ChangeProblem, DirectoryChange } from "../domain/directory.ts";
import { credentialKinds } from "../domain/directory.ts";
import { weekdays } from "../domain/local-time.ts";
import { checkStepCount } from "./directory-rules.ts";

/** Far above any limit on what it may be, and small enough for any column. */
const text = z.string().max(1_000);
const time = z.number().nullable();
const validity = z.strictObject({ from: time, until: time });
const holder = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("person"), id: text }),
  z.strictObject({ kind: z.literal("pass"), id: text }),
]);
const person = z.strictObject({
  kind: z.literal("person"),
  id: text,
  name: text,
  state: z.enum(["active", "suspended"]),
  validity,
});
const pass = z.strictObject({
  kind: z.literal("pass"),
  id: text,
  name: text,
  state: z.enum(["active", "suspended", "revoked"]),
  validity,
  usesPerDoor: z.number().nullable(),
});
const window = z.strictObject({
  days: z.array(z.enum(weekdays)).max(weekdays.length),
  startMinute: z.number(),
  endMinute: z.number(),
});
const rule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("always") }),
  z.strictObject({ kind: z.literal("never") }),
  z.strictObject({ kind: z.literal("weekly"), windows: z.array(window).max(1_000) }),
]);
const schedule = z.strictObject({ id: text, name: text, rule });
const grant = { holder, door: text, schedule: text };

const change = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("putPerson"), person }),
  z.strictObject({ op: z.literal("putPass"), pass }),
  z.strictObject({ op: z.literal("removeHolder"), holder }),
  z.strictObject({ op: z.literal("putCredential"), id: text, kind: z.enum(credentialKinds), secret: text, holder }),
  z.strictObject({ op: z.literal("setCredentialState"), id: text, state: z.enum(["active", "suspended"]) }),
  z.strictObject({ op: z.literal("removeCredential"), id: text }),
  z.strictObject({ op: z.literal("putSchedule"), schedule }),
  z.strictObject({ op: z.literal("removeSchedule"), id: text }),
  z.strictObject({ op: z.literal("putGrant"), ...grant }),
  z.strictObject({ op: z.literal("removeGrant"), ...grant }),
]);

export type ChangeParse =
  | { readonly ok: true; readonly changes: readonly DirectoryChange[] }
  | { readonly ok: false; readonly problems: readonly ChangeProblem[] };

const maxProblems = 20;

/** Problems name fields and kinds of values, never a value: it might be a secret in the wrong place. */
export function parseChanges(raw: readonly unknown[]): ChangeParse {
  const miscount = checkStepCount(raw.length);
  if (miscount !== null) return { ok: false, problems: [miscount] };
  const changes: DirectoryChange[] = [];
  const problems: ChangeProblem[] = [];
  for (const [step, one] of raw.entries()) {
    const parsed = change.safeParse(one);
    // Ids become branded here: what came over the wire is taken for what it says it is.
    if (parsed.success) changes.push(parsed.data as DirectoryChange);
    else
      problems.push({ step, problem: describe(parsed.error), remedy: "Write the step as the documentation shows it." });
    if (problems.length >= maxProblems) break;
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, changes };
}

function describe(error: z.ZodError): string {
  const [issue] = error.issues;
  if (issue === undefined) return "The step is malformed.";
  const where = issue.path.length === 0 ? "the step" : `"${issue.path.join(".")}"`;
  switch (issue.code) {
    case "invalid_type":
      return `The step is malformed: ${where} must be of type ${issue.expected}.`;
    case "invalid_value":
      return `The step is malformed: ${where} must be one of ${issue.values.map(String).join(", ")}.`;
    case "unrecognized_keys":
      return `The step is malformed: ${where} has members that do not belong there.`;
    default:
      return `The step is malformed: ${where} is not as it should be.`;
  }
}
