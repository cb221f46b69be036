// One file of one application of a DESFire card, as its profile says (REQUIREMENTS F.4). Pure.
import type { DesfireProfile } from "../../card-profile.ts";
import { authenticate, refusalOf } from "./desfire-authenticate.ts";
import type { DesfireSession, Protection } from "./desfire-session.ts";
import { diversifyAes, diversifyDes, maxAesInput, maxDesInput } from "./diversify.ts";
import type { BytesReading, Reading, UnreadProblem } from "./exchange.ts";
import { bodyOf, send, statusOf, unread } from "./exchange.ts";
import { isRandomUid } from "./uid.ts";

const done = 0x9100;
const fileSettings = 0xf5;
/** Standard and backup data files: the only ones that are read by offset and length. */
const dataFiles = [0x00, 0x01];
const protections: Readonly<Record<number, Protection>> = { 0: "plain", 1: "mac", 2: "plain", 3: "full" };

export function* readDesfire(
  profile: DesfireProfile,
  site: Buffer,
  uid: Buffer,
  random: Buffer,
): Reading<BytesReading> {
  const key = cardKey(profile, site, uid);
  if (typeof key === "string") return unread(key);
  const selected = yield* ask(0x5a, Buffer.from(profile.aid, "hex").reverse());
  if (statusOf(selected) !== done) return unread(refusalOf(selected));
  const session = yield* authenticate(ask, profile.crypto, profile.keyNumber, key, random);
  if (typeof session === "string") return unread(session);
  const protection = yield* askProtection(session, profile);
  if (!isProtection(protection)) return unread(protection);
  const data = yield* readFile(session, profile, protection);
  return typeof data === "string" ? unread(data) : { ok: true, bytes: data };
}

function* ask(command: number, ...parts: readonly (Buffer | readonly number[])[]): Reading<Buffer> {
  const data = Buffer.concat(parts.map((part) => Buffer.from(part)));
  const body = data.length === 0 ? [] : [Buffer.of(data.length), data];
  return yield* send([0x90, command, 0x00, 0x00], ...body, [0x00]);
}

/** A card with made-up UIDs has no key of its own that could be found by one. */
function cardKey({ diversify, aid, crypto }: DesfireProfile, site: Buffer, uid: Buffer): Buffer | UnreadProblem {
  if (diversify === null) return site;
  if (isRandomUid(uid)) return "randomNumber";
  const application = Buffer.from(aid, "hex");
  const parts = { none: [], asWritten: [application], reversed: [Buffer.from(application).reverse()] };
  const input = Buffer.concat([uid, ...parts[diversify.aid], Buffer.from(diversify.system, "hex")]);
  const isAes = crypto === "aes" || crypto === "aesEv2";
  if (input.length > (isAes ? maxAesInput : maxDesInput)) return "malformedCode";
  return isAes ? diversifyAes(site, input) : diversifyDes(site, input);
}

const isProtection = (value: Protection | UnreadProblem): value is Protection =>
  value === "plain" || value === "mac" || value === "full";

function* askProtection(session: DesfireSession, profile: DesfireProfile): Reading<Protection | UnreadProblem> {
  const header = Buffer.of(profile.file);
  const answer = yield* ask(fileSettings, header, session.seal(fileSettings, header));
  if (statusOf(answer) !== done) return refusalOf(answer);
  // Legacy answers to this command carry no MAC; what they claim shows when the data are opened.
  const settings = session.open(bodyOf(answer), session.readCommand === 0xad ? "mac" : "plain", null);
  if (settings === null || settings.length < 7) return "forgedAnswer";
  if (!dataFiles.includes(settings[0] ?? -1)) return "fileMissing";
  const protection = protections[(settings[1] ?? 0) & 0x03] ?? "plain";
  if (protection === "plain" && !session.provesPlain && !profile.acceptPlain) return "unprotectedData";
  return profile.offset + profile.length > settings.readUIntLE(4, 3) ? "malformedCode" : protection;
}

function* readFile(
  session: DesfireSession,
  { file, offset, length }: DesfireProfile,
  protection: Protection,
): Reading<Buffer | UnreadProblem> {
  const header = Buffer.alloc(7);
  header[0] = file;
  header.writeUIntLE(offset, 1, 3);
  header.writeUIntLE(length, 4, 3);
  const sealed = session.seal(session.readCommand, header);
  const isBare = session.readCommand === 0xad && protection === "plain";
  const answer = yield* ask(session.readCommand, header, isBare ? Buffer.alloc(0) : sealed);
  if (statusOf(answer) !== done) return refusalOf(answer);
  const data = session.open(bodyOf(answer), protection, length);
  return data?.length === length ? data : "forgedAnswer";
}
