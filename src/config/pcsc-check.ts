// Finds card profiles that no card can have, or that contradict the readers that use them; knows no key.
import { cardModesOf, technologies } from "./card-modes.ts";
import type { Finding, Step } from "./problem.ts";
import type { Salvage, SomeProfile, SomeReader } from "./salvage.ts";
import type { Config } from "./schema.ts";

const blockBytes = 16;

export function pcscFindings({ readers, cardProfiles }: Salvage): readonly Finding[] {
  return [
    ...cardProfiles.flatMap(profileFindings),
    ...readers.flatMap((reader, n) => (reader.kind === "pcsc" ? readerFindings(reader, n, cardProfiles) : [])),
  ];
}

function profileFindings(profile: SomeProfile, n: number): readonly Finding[] {
  const findings: Finding[] = [];
  const find = (key: Step, value: unknown, problem: string, remedy: string) =>
    findings.push({ steps: ["cardProfiles", n, key], value, problem, remedy });
  if (!("length" in profile)) return findings;
  const frameBytes = profile.encoding === "w26" ? 4 : profile.encoding === "w34" ? 5 : 1;
  if (profile.length !== undefined && profile.length < frameBytes) {
    find("length", profile.length, `A frame of ${profile.encoding} does not fit.`, `Write ${frameBytes}.`);
  }
  if ("crypto" in profile) {
    const { diversify, crypto } = profile;
    if (diversify === null || diversify === undefined) return findings;
    const limit = crypto === "aes" || crypto === "aesEv2" ? 31 : 15;
    const bytes = 7 + (diversify.aid === "none" ? 0 : 3) + diversify.system.length / 2;
    if (bytes > limit) {
      find("diversify", diversify, `With a UID of seven bytes this is more than ${limit} bytes.`, "Shorten system.");
    }
    return findings;
  }
  if (!("blocks" in profile)) return findings;
  const { sector, blocks, large, offset, length } = profile;
  if (sector !== undefined && sector > 15 && large === false) {
    find("sector", sector, "A card of 1 kB has the sectors 0 to 15.", "Write large: true if your cards have 4 kB.");
  }
  const last = sector === undefined || sector < 32 ? 3 : 15;
  for (const [place, block] of (blocks ?? []).entries()) {
    if (block < last) continue;
    const problem = block === last ? "This block holds the sector's keys." : "The sector has no such block.";
    findings.push({
      steps: ["cardProfiles", n, "blocks", place],
      value: block,
      problem,
      remedy: `Write 0 to ${last - 1}.`,
    });
  }
  const bytes = (blocks?.length ?? 0) * blockBytes;
  if (blocks !== undefined && offset !== undefined && length !== undefined && offset + length > bytes) {
    find(
      "length",
      length,
      `The blocks have ${bytes} bytes, and the number would end behind them.`,
      "Read more blocks.",
    );
  }
  return findings;
}

type PcscReader = Extract<SomeReader, { readonly kind?: "pcsc" }>;

function readerFindings(reader: PcscReader, n: number, all: readonly SomeProfile[]): readonly Finding[] {
  const findings: Finding[] = [];
  const { profiles } = reader;
  if (profiles === undefined) return findings;
  const kindOf = (id: string) => all.find((profile) => profile.id === id)?.kind;
  for (const [place, id] of profiles.entries()) {
    const kind = kindOf(id);
    if (kind === undefined || kind === "phone") continue;
    if (!(kind in reader) || reader[kind] === undefined) continue;
    const mode = cardModesOf(reader)[kind];
    if (mode === "secured") continue;
    findings.push({
      steps: ["readers", n, "profiles", place],
      value: id,
      problem: `This profile is of ${kind}, which this reader reads ${mode === "uid" ? "by its UID" : "not at all"}.`,
      remedy: `Write "${kind}": "secured".`,
    });
  }
  // What seems to be missing may be the one that is misspelled.
  const isKnown = profiles.every((id) => kindOf(id) !== undefined);
  for (const kind of technologies) {
    if (reader[kind] !== "secured" || !isKnown || profiles.some((id) => kindOf(id) === kind)) continue;
    const remedy = "Add one to cardProfiles, and its id to profiles.";
    findings.push({
      steps: ["readers", n, kind],
      value: "secured",
      problem: `No profile of ${kind} is named.`,
      remedy,
    });
  }
  return findings;
}

/** Cards that can be copied, and what the product line's own forms would not take. */
export function pcscWarnings({ readers, cardProfiles }: Config): readonly Finding[] {
  const used = new Set(readers.flatMap((reader) => (reader.kind === "pcsc" ? reader.profiles : [])));
  return [
    ...cardProfiles.flatMap((profile, n) => {
      const steps = ["cardProfiles", n];
      const warn = (key: string, value: unknown, problem: string, remedy: string): Finding => ({
        steps: [...steps, key],
        value,
        problem,
        remedy,
      });
      const found: Finding[] = [];
      if (!used.has(profile.id)) found.push(warn("id", profile.id, "No reader uses this.", "Name it at a reader."));
      if (profile.kind === "classic") {
        const problem =
          "The encryption of MIFARE Classic is broken: whoever holds such a card for a minute can copy it.";
        found.push(warn("kind", profile.kind, problem, "Use DESFire where it matters."));
      }
      if (profile.kind !== "desfire") return found;
      const other = "Other makers' forms end at";
      if (profile.file > 16) found.push(warn("file", profile.file, `${other} 16.`, "Nothing to do if that is meant."));
      if (profile.keyNumber > 11) {
        found.push(warn("keyNumber", profile.keyNumber, `${other} 11.`, "Nothing to do if that is meant."));
      }
      return found;
    }),
    ...readers.flatMap((reader, n) => {
      if (reader.kind !== "pcsc") return [];
      const kinds = ["classic", "plus", "desfire", "felica", "other"] as const;
      const byUid = kinds.filter((kind) => reader[kind] === "uid");
      if (!technologies.some((kind) => reader[kind] === "secured") || byUid.length === 0) return [];
      const problem = `A copied UID opens here for ${byUid.join(", ")}, beside cards that are secured.`;
      return [{ steps: ["readers", n, byUid[0] ?? ""], value: "uid", problem, remedy: 'Write "off" where you can.' }];
    }),
  ];
}
