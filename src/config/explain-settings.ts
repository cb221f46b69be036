// Settings of the whole site, as titled lines for `postern check`: only what is not the usual is told; knows no door's rules.
import { leastPaddedDigits, mostPadding } from "../domain/padded-pin.ts";
import { chipTexts } from "./explain-lines.ts";
import { cardsSchema, codesSchema, factorPolicySchema, passesSchema } from "./policy-schema.ts";
import type { Config } from "./schema.ts";
import { directorySchema } from "./schema.ts";

export type TitledLine = readonly [title: string, text: string];

export function settingLines(config: Config): readonly TitledLine[] {
  const { cards, rescue, directory, enrolByCard, features } = config;
  const ways = Object.entries(features).filter(([way]) => way !== "callPermission");
  const off = ways.flatMap(([method, on]) => (on ? [] : [method]));
  return [
    ...line("two things", factorTexts(config)),
    ...line("codes", codeTexts(config)),
    ...line("passes", passTexts(config)),
    ...line("cards", cardTexts(cards)),
    ...line("enrolment", enrolByCard ? ["a reader takes an unknown card right after an administrator's"] : []),
    ...line("directory", directoryTexts(directory)),
    ...line("lines", chipTexts(config)),
    ...line("rescue", rescue.enabled ? [] : ["keeps no file, so that no card opens while Postern cannot start"]),
    ...line("off", off.length === 0 ? [] : [`${off.join(", ")} open nothing`]),
    ...line("calls", features.callPermission ? [] : ["go to everybody, also to those who may not open"]),
  ];
}

/** Lines of one title, run together. */
export const line = (title: string, texts: readonly string[]): readonly TitledLine[] =>
  texts.length === 0 ? [] : [[title, texts.join("; ")]];

/** Each setting that is not the usual one, in words. */
function unusual<Settings extends object>(
  settings: Settings,
  usual: Settings,
  words: { readonly [Key in keyof Settings]: ((value: Settings[Key]) => string) | null },
): readonly string[] {
  const keys = Object.keys(words) as (keyof Settings)[];
  return keys.flatMap((key) => {
    const say = words[key];
    return say === null || settings[key] === usual[key] ? [] : [say(settings[key])];
  });
}

/** Also where nothing is unusual but a door asks for two things: then it matters. */
function factorTexts({ factors, doors }: Config): readonly string[] {
  const usual = factorPolicySchema.parse({});
  const isUsual = Object.entries(usual).every(([key, value]) => factors[key as keyof typeof usual] === value);
  if (isUsual && doors.every((door) => door.factors.length === 0 && !door.passCodeRequired && !door.unit)) return [];
  const { timeoutMs, attempts, blockMs } = factors;
  return [`the second within ${spanText(timeoutMs)}; ${attempts} wrong ones block a person for ${spanText(blockMs)}`];
}

const codeTexts = ({ codes }: Config): readonly string[] =>
  unusual(codes, codesSchema.parse({}), {
    duress: () => "duress twins of PINs",
    partition: () => "those of passes begin with 9, and no others",
    virtualPin: () =>
      `up to ${mostPadding} digits around a PIN of ${leastPaddedDigits} or more are passed over after its owner's card`,
    publicLength: (digits) => `public ones have ${digits} digits`,
    coolDownDays: (days) => (days === 0 ? "are given to others at once" : `given to others after ${daysText(days)}`),
    qrPinOnKeypad: () => "digits of QRs are typed, too",
    codeAlone: () => "long codes of passes open alone where there is no scanner",
  });

const passTexts = ({ passes }: Config): readonly string[] => [
  ...unusual(passes, passesSchema.parse({}), {
    enabled: () => "open nothing, and new ones are refused",
    activateOnFirstUse: () => "a first use starts no time unless their issuer says so",
    courierHours: (hours) => `couriers' are valid for ${hours} h`,
    courierUses: (uses) => `couriers' open each door ${uses === 1 ? "once" : `${uses} times`}`,
    courierDigits: (digits) => `couriers' codes have ${digits} digits`,
    staffMaxHours: (hours) => `those of staff last ${hours} h at most`,
    purgeAfterDays: null,
  }),
  `removed ${daysText(passes.purgeAfterDays)} after their end`,
];

const cardTexts = (cards: Config["cards"]): readonly string[] =>
  unusual(cards, cardsSchema.parse({}), {
    icFormat: (format) => `13.56 MHz ones are written as ${format}`,
    idFormat: (format) => `125 kHz ones are written as ${format}`,
    longUid: (part) => `longer numbers are found by their ${part === "first4" ? "first" : "last"} four bytes, too`,
  });

const directoryTexts = (directory: Config["directory"]): readonly string[] =>
  unusual(directory, directorySchema.parse({}), {
    file: (file) => `${file} is applied whenever it changes`,
    maxPeople: (most) => `at most ${most} people`,
  });

export const daysText = (days: number): string => (days === 1 ? "1 day" : `${days} days`);

export function spanText(ms: number): string {
  if (ms >= 3_600_000 && ms % 3_600_000 === 0) return `${ms / 3_600_000} h`;
  if (ms >= 60_000 && ms % 60_000 === 0) return `${ms / 60_000} min`;
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}
