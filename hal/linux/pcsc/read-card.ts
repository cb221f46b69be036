// One card from its ATR to its number: by its kind, by the reader's settings, and never by a UID where those say secured. Pure.
import type { CardProfile, PcscWiring } from "../../card-profile.ts";
import { cardCodeIn } from "./card-code.ts";
import { readClassic } from "./classic.ts";
import { readDesfire } from "./desfire.ts";
import type { BytesReading, Reading, UnreadProblem } from "./exchange.ts";
import { renew } from "./exchange.ts";
import { readPhone } from "./phone.ts";
import { readPlus } from "./plus.ts";
import { askVersion, familyOf } from "./technology.ts";
import { isRandomUid, readUid } from "./uid.ts";

export type CardReading =
  /** `proven`: not a UID, which anybody may copy, but what a key stands for. */
  | { readonly kind: "card"; readonly bytes: string; readonly proven: boolean }
  | { readonly kind: "unread"; readonly problem: UnreadProblem };

export interface CardSecrets {
  /** Null where no key was ever set. */
  keyOf(profile: CardProfile): Buffer | null;
  random(bytes: number): Buffer;
}

const randomBytes = 16;

export function* readCard(atr: Buffer, reader: PcscWiring, secrets: CardSecrets): Reading<CardReading> {
  const uid = yield* readUid();
  const family = familyOf(atr);
  switch (family) {
    case "classic":
    case "plus":
      return yield* readAs(family, reader, uid, secrets);
    case "felica":
      return readUnsecured(reader.felica, uid);
    case "memory":
      return readUnsecured(reader.other, uid);
    case "smart":
      return yield* readSmart(reader, uid, secrets);
  }
}

function* readSmart(reader: PcscWiring, uid: Buffer | null, secrets: CardSecrets): Reading<CardReading> {
  const phones = profilesOf(reader, "phone");
  const phone = yield* readProfiles(phones, uid, secrets);
  if (phone !== null && !(phone.kind === "unread" && phone.problem === "applicationMissing")) return phone;
  const version = yield* askVersion();
  if (version !== null) return yield* readAs(version, reader, uid, secrets);
  // It does not say what it is. Where UIDs of smart cards are not to open, it might be one of those and hide it.
  const isStrict = phones.length > 0 || reader.desfire === "secured" || reader.plus === "secured";
  return isStrict ? { kind: "unread", problem: "unknownCard" } : readUnsecured(reader.other, uid);
}

function* readAs(
  kind: "classic" | "plus" | "desfire",
  reader: PcscWiring,
  uid: Buffer | null,
  secrets: CardSecrets,
): Reading<CardReading> {
  const mode = reader[kind];
  if (mode !== "secured") return readUnsecured(mode, uid);
  const read = yield* readProfiles(profilesOf(reader, kind), uid, secrets);
  return read ?? { kind: "unread", problem: "technologyOff" };
}

function readUnsecured(mode: "uid" | "off", uid: Buffer | null): CardReading {
  if (mode === "off") return { kind: "unread", problem: "technologyOff" };
  if (uid === null) return { kind: "unread", problem: "notReadable" };
  if (isRandomUid(uid)) return { kind: "unread", problem: "randomNumber" };
  return { kind: "card", bytes: uid.toString("hex").toUpperCase(), proven: false };
}

const profilesOf = (reader: PcscWiring, kind: CardProfile["kind"]): readonly CardProfile[] =>
  reader.profiles.filter((profile) => profile.kind === kind);

/** Some failures say more than others: what the last profile met counts, unless it only was not the card's. */
function* readProfiles(
  profiles: readonly CardProfile[],
  uid: Buffer | null,
  secrets: CardSecrets,
): Reading<CardReading | null> {
  let last: UnreadProblem | null = null;
  for (const profile of profiles) {
    if (last !== null && profile.kind !== "desfire" && profile.kind !== "phone") yield* renew();
    const problem = yield* tryProfile(profile, uid, secrets);
    if (typeof problem !== "string") return problem;
    if (last === null || problem !== "applicationMissing") last = problem;
  }
  return last === null ? null : { kind: "unread", problem: last };
}

function* tryProfile(
  profile: CardProfile,
  uid: Buffer | null,
  secrets: CardSecrets,
): Reading<CardReading | UnreadProblem> {
  const key = secrets.keyOf(profile);
  if (key === null) return "keyMissing";
  const read = yield* readWith(profile, key, uid, secrets.random(randomBytes));
  if (!read.ok) return read.problem;
  const place = profile.kind === "phone" ? { offset: 0, length: read.bytes.length, encoding: "hex" as const } : profile;
  // A DESFire file is read from its offset on, blocks from their beginning.
  const offset = profile.kind === "desfire" ? 0 : place.offset;
  const code = cardCodeIn(read.bytes, offset, place.length, place.encoding);
  return code.ok ? { kind: "card", bytes: code.bytes, proven: true } : code.problem;
}

function* readWith(profile: CardProfile, key: Buffer, uid: Buffer | null, random: Buffer): Reading<BytesReading> {
  switch (profile.kind) {
    case "classic":
      return yield* readClassic(profile, key);
    case "plus":
      return yield* readPlus(profile, key, random);
    case "phone":
      return yield* readPhone(profile, key, random);
    case "desfire":
      if (uid === null) return { ok: false, problem: "notReadable" };
      return yield* readDesfire(profile, key, uid, random);
  }
}
