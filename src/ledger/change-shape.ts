// Whether something that came over the socket is a list of directory changes at all; loaded with the first one that comes,
// so that no door waits for it. What values may be is said elsewhere.
import { z } from "zod";
import { cardTechnologies, knownParts } from "../domain/card-format.ts";
import { passKeyForms, passKeyLimits } from "../domain/carried-pass/pass-key.ts";
import type { ChangeProblem, DirectoryChange } from "../domain/directory.ts";
import { credentialKinds, credentialStates, presets, roles, sources } from "../domain/directory.ts";
import { weekdays } from "../domain/local-time.ts";
import { factorNeeds } from "../domain/site.ts";
import { checkStepCount } from "./directory-rules.ts";

/** Far above any limit on what it may be, and small enough for any column. */
const text = z.string().max(1_000);
const time = z.number().nullable();
const validity = z.strictObject({ from: time, until: time });
const date = text;
const dayWindow = { startMinute: z.number(), endMinute: z.number() };
const holder = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("person"), id: text }),
  z.strictObject({ kind: z.literal("pass"), id: text }),
  z.strictObject({ kind: z.literal("public"), id: text }),
]);
const texts = z.array(text).max(200);
const named = { id: text, name: text, validity };
const person = z.strictObject({
  kind: z.literal("person"),
  ...named,
  state: z.enum(["active", "suspended"]),
  role: z.enum(roles).optional(),
  source: z.enum(sources).optional(),
  building: text.nullable().optional(),
  apartment: text.nullable().optional(),
  phone: text.nullable().optional(),
  floors: texts.optional(),
  webRelay: z.number().optional(),
  namedEvents: texts.optional(),
  factors: z.enum(factorNeeds).nullable().optional(),
  extendedTimes: z.boolean().optional(),
  lockdownExempt: z.boolean().optional(),
  passbackExempt: z.boolean().optional(),
  mayHoldOpen: texts.optional(),
});
const days = z.array(z.enum(weekdays)).max(weekdays.length);
const window = z.strictObject(dayWindow);
const recurrence = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("once") }),
  z.strictObject({ kind: z.literal("daily"), from: date, until: date, window }),
  z.strictObject({ kind: z.literal("weekly"), from: date, until: date, days, window }),
  z.strictObject({
    kind: z.literal("custom"),
    every: z.number(),
    unit: z.enum(["day", "week", "month"]),
    from: date,
    until: date.nullable(),
    count: z.number().nullable(),
    window,
    except: z.array(date).max(1_000),
  }),
]);
const pass = z.strictObject({
  kind: z.literal("pass"),
  ...named,
  state: z.enum(["active", "suspended", "revoked"]),
  source: z.enum(sources).optional(),
  version: z.number().optional(),
  host: text.nullable().optional(),
  preset: z.enum(presets).nullable().optional(),
  expiresAt: time.optional(),
  activationMs: z.number().nullable().optional(),
  recurrence: recurrence.optional(),
  usesPerDoor: z.number().nullable().optional(),
  usesTotal: z.number().nullable().optional(),
  floors: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("host") }),
      z.strictObject({ kind: z.literal("list"), floors: texts }),
    ])
    .optional(),
  idNumber: text.nullable().optional(),
  message: text.nullable().optional(),
});
const publicCode = z.strictObject({
  kind: z.literal("public"),
  id: text,
  name: text,
  state: z.enum(["active", "suspended"]),
});
const rule = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("always") }),
  z.strictObject({ kind: z.literal("never") }),
  z.strictObject({
    kind: z.literal("weekly"),
    windows: z.array(z.strictObject({ ...dayWindow, days })).max(1_000),
    from: date.nullable().optional(),
    until: date.nullable().optional(),
    holidayExempt: z.boolean().optional(),
  }),
]);
const schedule = z.strictObject({ id: text, name: text, rule });
const holiday = z.strictObject({
  id: text,
  name: text,
  from: date,
  until: date,
  yearly: z.boolean(),
  workingHours: z.array(window).max(100),
});
const limit = z.number().nullable();
const passKey = z.strictObject({
  id: text,
  number: z.number(),
  form: z.enum(passKeyForms),
  places: z
    .array(z.strictObject({ number: z.number(), doors: z.array(text).max(passKeyLimits.doorsPerPlace) }))
    .max(100),
  name: text.optional(),
  digits: z.literal([10, 12]).nullable().optional(),
  state: z.enum(["active", "suspended"]).optional(),
  source: z.enum(sources).optional(),
  floors: texts.optional(),
  limits: z.strictObject({ maxMinutes: limit, maxUses: limit }).optional(),
  validity: validity.optional(),
  person: text.nullable().optional(),
});
const grant = { holder, door: text, schedule: text };

const change = z.discriminatedUnion("op", [
  z.strictObject({ op: z.literal("putPerson"), person }),
  z.strictObject({ op: z.literal("putPass"), pass }),
  z.strictObject({ op: z.literal("putPublic"), public: publicCode }),
  z.strictObject({ op: z.literal("setHolderState"), holder, state: z.enum(["active", "suspended", "revoked"]) }),
  z.strictObject({ op: z.literal("removeHolder"), holder }),
  z.strictObject({
    op: z.literal("putCredential"),
    id: text,
    kind: z.enum(credentialKinds),
    secret: text,
    holder,
    validity: validity.optional(),
    direction: z.enum(["entry", "exit"]).nullable().optional(),
    known: z.enum(knownParts).nullable().optional(),
    technology: z.enum(cardTechnologies).nullable().optional(),
  }),
  z.strictObject({
    op: z.literal("putToken"),
    id: text,
    kind: z.enum(credentialKinds),
    code: z.strictObject({ token: text, digits: z.number().nullable(), twin: text.nullable() }),
    holder,
    state: z.enum(credentialStates),
    validity,
    direction: z.enum(["entry", "exit"]).nullable(),
  }),
  z.strictObject({ op: z.literal("setCredentialState"), id: text, state: z.enum(credentialStates) }),
  z.strictObject({ op: z.literal("removeCredential"), id: text }),
  z.strictObject({ op: z.literal("putSchedule"), schedule }),
  z.strictObject({ op: z.literal("removeSchedule"), id: text }),
  z.strictObject({ op: z.literal("putHoliday"), holiday }),
  z.strictObject({ op: z.literal("removeHoliday"), id: text }),
  z.strictObject({ op: z.literal("putGrant"), ...grant }),
  z.strictObject({ op: z.literal("removeGrant"), ...grant }),
  z.strictObject({ op: z.literal("activatePass"), id: text, at: z.number() }),
  z.strictObject({ op: z.literal("putUses"), pass: text, door: text, occurrence: z.number(), spent: z.number() }),
  z.strictObject({ op: z.literal("putPassKey"), key: passKey, secret: text.optional() }),
  z.strictObject({ op: z.literal("removePassKey"), id: text }),
  z.strictObject({
    op: z.literal("revokePasses"),
    key: text,
    upTo: limit.optional(),
    serials: z.array(z.number()).max(1_000).optional(),
  }),
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
