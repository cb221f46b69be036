// What an installer may write in a directory.json: people, passes, public codes, schedules and holidays, with help texts.
import { z } from "zod";
import { cardFormats, cardTechnologies } from "../domain/card-format.ts";
import { credentialStates, presets, publicIds, roles } from "../domain/directory.ts";
import { idPattern } from "../domain/ids.ts";
import { weekdays } from "../domain/local-time.ts";
import { factorNeeds } from "../domain/site.ts";

export const directoryFileLimits = { people: 50_000, schedules: 1_000, holidays: 1_000 } as const;

const text = (pattern: RegExp, advice: string, example: string) =>
  z
    .string()
    .regex(pattern)
    .meta({ patternErrorMessage: advice, examples: [example] });
const id = (example: string) =>
  text(idPattern, "Write 1 to 63 small letters, digits or hyphens, a letter or digit first.", example);
const name = (example: string) =>
  z
    .string()
    .min(1)
    .max(100)
    .meta({ examples: [example] });
const free = z.string().max(255);
const instant = text(
  /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})?$/,
  "Write date and time, such as 2026-11-25T08:00, with Z or +01:00 behind it unless the site's own time is meant.",
  "2026-11-25T08:00",
).nullable();
const date = text(/^\d{4}-\d{2}-\d{2}$/, "Write the year, the month and the day, such as 2026-12-24.", "2026-12-24");
const windowText = text(
  /^\d{2}:\d{2}-\d{2}:\d{2}$/,
  "Write two times, such as 08:00-18:00; 24:00 is the end of the day, and an end before the start is on the next one.",
  "08:00-18:00",
);
const code = text(
  /^(\d{2,8}|token:.{1,60})$/,
  "Write the digits in double quotes; leading zeros count. Postern replaces them by a token.",
  "04711",
).nullable();
const validity = {
  from: instant.optional().describe("From when on it is good; null or left out is always."),
  until: instant.optional().describe("Until when it is good, that moment not included."),
};
const list = <Entry extends z.ZodType>(entry: Entry, max: number) => z.array(entry).max(max);

const doorEntry = z
  .union([
    id("front"),
    z.strictObject({
      door: id("front").describe("The id of the door."),
      schedule: id("office-hours").describe("When; the id of a schedule."),
    }),
  ])
  .describe("A door that opens always, or with a schedule.");
const cardNumber = z
  .string()
  .min(1)
  .max(80)
  .meta({ examples: ["02B775D2"] });
const cardEntry = z
  .union([
    cardNumber,
    z.strictObject({
      number: cardNumber.describe("In the file's cardFormat, or with its own in front, such as 8H10D:0045577682."),
      technology: z.enum(cardTechnologies).optional().describe("ic is 13.56 MHz, id is 125 kHz."),
      state: z.enum(credentialStates).default("active").describe("Whether it opens; a stolen one raises an alarm."),
      ...validity,
    }),
  ])
  .describe("A card's number.");
const plateText = z
  .string()
  .min(2)
  .max(20)
  .meta({ examples: ["AB-12 CD"] });
const plateEntry = z
  .union([
    plateText,
    z.strictObject({
      plate: plateText.describe("As written; separators do not count."),
      direction: z.enum(["entry", "exit"]).nullable().default(null).describe("null is both ways."),
      state: z.enum(credentialStates).default("active").describe("Whether it opens."),
      ...validity,
    }),
  ])
  .describe("A number plate.");
const codeEntry = z
  .union([
    code,
    z.strictObject({
      code: code.unwrap().describe("The digits, or the token in their place."),
      state: z.enum(credentialStates).default("active").describe("Whether it opens."),
      ...validity,
    }),
  ])
  .describe("null takes it away; left out, it stays as it is.");

const credentials = {
  pin: codeEntry.optional().describe("The PIN, 2 to 8 digits."),
  qrPin: codeEntry.optional().describe("Eight digits that are shown as a QR code."),
  qr: list(z.string().min(1).max(300), 5).optional().describe("Texts of QR codes."),
  cards: list(cardEntry, 5).optional().describe("All cards; left out, they stay as they are."),
  plates: list(plateEntry, 5).optional().describe("All number plates; left out, they stay as they are."),
  doors: list(doorEntry, 1_000).optional().describe("All doors that open; left out, they stay as they are."),
};

const personSchema = z
  .strictObject({
    id: id("ana-ruiz").describe("What the record calls them; never changes."),
    name: name("Ana Ruiz").describe("Their name."),
    state: z.enum(["active", "suspended"]).default("active").describe("Whether they may enter at all."),
    ...validity,
    role: z.enum(roles).default("general").describe("Administrators may clear alarms at the door."),
    building: free.nullable().default(null).describe("The building they live in."),
    apartment: free.nullable().default(null).describe("Room or apartment."),
    phone: free.nullable().default(null).describe("Where they can be called."),
    floors: list(free, 128).default([]).describe("Floors that the lift takes them to."),
    webRelay: z.int().min(0).max(50).default(0).describe("The action that each grant sets off; 0 is none."),
    namedEvents: list(free, 50).default([]).describe("Named events that each grant sets off."),
    factors: z
      .enum(factorNeeds)
      .nullable()
      .default(null)
      .describe("What they must show at any door; null is the door's."),
    extendedTimes: z.boolean().default(false).describe("Whether they need longer to pass."),
    lockdownExempt: z.boolean().default(false).describe("Whether a lockdown lets them in."),
    passbackExempt: z.boolean().default(false).describe("Whether they may enter an area twice."),
    mayHoldOpen: list(id("front"), 64).default([]).describe("Doors that their opening lets stand open by timetable."),
    ...credentials,
    bkeys: list(cardEntry, 5).optional().describe("Bkeys, counted together with cards."),
  })
  .describe("Somebody who lives or works here.");

const repeatSchema = z
  .discriminatedUnion("kind", [
    z.strictObject({ kind: z.literal("once").describe("Its time frame, once.") }),
    z.strictObject({
      kind: z.literal("daily").describe("Every day."),
      from: date.describe("The first day."),
      until: date.describe("The last day."),
      time: windowText.describe("When on each day."),
    }),
    z.strictObject({
      kind: z.literal("weekly").describe("On some days of the week."),
      from: date.describe("The first day."),
      until: date.describe("The last day."),
      days: list(z.enum(weekdays), 7).describe("The days of the week."),
      time: windowText.describe("When on each day."),
    }),
    z.strictObject({
      kind: z.literal("custom").describe("Every so many days, weeks or months."),
      every: z.int().min(1).max(366).describe("Every so many."),
      unit: z.enum(["day", "week", "month"]).describe("Of what."),
      from: date.describe("The first day."),
      until: date.nullable().default(null).describe("The last day; null leaves it to count."),
      count: z.int().min(1).max(999).nullable().default(null).describe("How many times; null leaves it to until."),
      time: windowText.describe("When on each day."),
      except: list(date, 366).default([]).describe("Days on which it is not."),
    }),
  ])
  .describe("How it comes round again.");

const passSchema = z
  .strictObject({
    id: id("cleaner-march").describe("What the record calls it; never changes."),
    name: name("Cleaner").describe("The visitor's name or the purpose."),
    state: z.enum(["active", "suspended", "revoked"]).default("active").describe("Revoked is for good."),
    version: z.int().min(0).max(Number.MAX_SAFE_INTEGER).optional().describe("Counts up at its issuer."),
    host: id("ana-ruiz").nullable().default(null).describe("The resident on whose behalf it is."),
    preset: z.enum(presets).nullable().default(null).describe("Fills in its end and uses where they are left out."),
    ...validity,
    expiresAt: instant.optional().describe("A second end; the earlier one counts."),
    activeMinutes: z
      .int()
      .min(1)
      .max(527_040)
      .nullable()
      .default(null)
      .describe("How long it works after its first use."),
    repeat: repeatSchema.optional(),
    usesPerDoor: z.int().min(1).max(999).nullable().optional().describe("Openings at each door; null is any number."),
    usesTotal: z.int().min(1).max(999).nullable().optional().describe("Openings over all doors; null is any number."),
    floors: z
      .union([z.literal("host"), list(free, 128)])
      .default([])
      .describe("Floors, or the host's."),
    idNumber: free.nullable().default(null).describe("The guest's number of identity."),
    message: free.nullable().default(null).describe("Shown to the guest."),
    code: codeEntry.optional().describe("The secret code, 4 to 8 digits."),
    ...credentials,
    used: list(
      z.strictObject({
        door: text(/^(\*|[a-z0-9][a-z0-9-]{0,62})$/, "Write the id of a door, or * for all.", "front").describe(
          "Where.",
        ),
        occurrence: z
          .int()
          .min(0)
          .max(1_000_000)
          .describe("Which time it came round; the number of the day since 1970."),
        spent: z.int().min(0).max(999_000).describe("How many openings."),
      }),
      10_000,
    )
      .optional()
      .describe("Openings so far, as an export wrote them; they never become fewer."),
    activated: list(
      z.strictObject({
        occurrence: z.int().min(0).max(1_000_000).describe("Which time it came round."),
        at: instant.unwrap().describe("When it was first used."),
      }),
      10_000,
    )
      .optional()
      .describe("When it was first used, as an export wrote it."),
  })
  .describe("A key for a while.");

const publicSchema = z
  .strictObject({
    id: z.enum(publicIds).describe("Which of the three."),
    name: name("Delivery").describe("What it is for."),
    state: z.enum(["active", "suspended"]).default("active").describe("Whether it opens."),
    pin: credentials.pin,
    doors: credentials.doors,
  })
  .describe("A code that many share.");

const scheduleSchema = z
  .strictObject({
    id: id("office-hours").describe("How doors and people refer to it."),
    name: name("Office hours").describe("What people call it."),
    windows: list(
      z.strictObject({
        days: list(z.enum(weekdays), 7).describe("The days of the week on which it begins."),
        time: windowText.describe("From when to when."),
      }),
      100,
    ).describe("When it holds."),
    from: date.nullable().default(null).describe("The first day; null is unbounded."),
    until: date.nullable().default(null).describe("The last day; null is unbounded."),
    holidayExempt: z.boolean().default(false).describe("Whether it holds on holidays as well."),
  })
  .describe("When doors open for somebody.");

const holidaySchema = z
  .strictObject({
    id: id("christmas").describe("Its id."),
    name: name("Christmas").describe("What people call it."),
    from: date.describe("The first day."),
    until: date.optional().describe("The last day; left out, it is the first."),
    yearly: z.boolean().default(false).describe("Whether it comes every year."),
    workingHours: list(windowText, 8).default([]).describe("When schedules hold all the same."),
  })
  .describe("Days on which schedules do not hold.");

export const directorySchema = z
  .strictObject({
    $schema: z.string().max(1_000).optional().describe("Where editors find the description of this file."),
    cardFormat: z
      .enum(cardFormats)
      .optional()
      .describe("How card numbers are written here; the site's own by default."),
    schedules: list(scheduleSchema, directoryFileLimits.schedules)
      .optional()
      .describe("All schedules; left out, they stay."),
    holidays: list(holidaySchema, directoryFileLimits.holidays)
      .optional()
      .describe("All holidays; left out, they stay."),
    people: list(personSchema, directoryFileLimits.people)
      .optional()
      .describe("People. Those whom the file once brought and brings no more are removed; others stay."),
    passes: list(passSchema, directoryFileLimits.people)
      .optional()
      .describe("Passes. Those that the file once brought and brings no more are removed; others stay."),
    publicCodes: list(publicSchema, publicIds.length).optional().describe("The shared codes; left out, they stay."),
  })
  .meta({ title: "Postern directory", description: "Who may enter a site, and when." });

export type DirectoryFile = z.output<typeof directorySchema>;
export type FilePerson = z.output<typeof personSchema>;
export type FilePass = z.output<typeof passSchema>;
export type FilePublic = z.output<typeof publicSchema>;
export type FileSchedule = z.output<typeof scheduleSchema>;
export type FileHoliday = z.output<typeof holidaySchema>;
export type FileRepeat = z.output<typeof repeatSchema>;

export const directorySchemaText = (): string =>
  `${JSON.stringify(z.toJSONSchema(directorySchema, { io: "input", target: "draft-7" }), null, 2)}\n`;
