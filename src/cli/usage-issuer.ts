// What the commands about keys that need no network are for, in the words that `postern help` prints.
import { siteForms, siteOptions } from "./issuer/usage-site.ts";
import type { Usage } from "./usage-people.ts";
import { stateOption } from "./usage-people.ts";

const folderOption = ["--folder DIR", "the folder that the issuer keeps its keys in; issuer by default"] as const;

export const issuerUsage: Readonly<Record<string, Usage>> = {
  "pass-keys": {
    forms: [
      "postern pass-keys add FILE [--state DIR]",
      "postern pass-keys list [--state DIR]",
      "postern pass-keys suspend KEY | resume KEY | remove KEY [--state DIR]",
      "postern pass-keys revoke KEY SERIAL ... [--up-to SERIAL] [--state DIR]",
    ],
    what: "The issuers whose passes and codes a running controller takes without having heard of each.",
    options: [
      ["FILE", "a key as `postern issuer keys export` wrote it, readable for its owner only"],
      ["SERIAL", "which pass or code, as the record has it: 7.1234, or 1234"],
      ["--up-to SERIAL", "and all older ones up to it"],
      stateOption,
    ],
  },
  issuer: {
    forms: [
      ...siteForms,
      "postern issuer keys new KEY --form mac|signed|code --place DOOR[,DOOR...] ... [options]",
      "postern issuer keys list | export KEY FILE [--folder DIR]",
      "postern issuer keys move KEY [--after SERIAL] [--folder DIR]",
      "postern issuer keys publish KEY [--revoke SERIAL ...] [--revoke-up-to SERIAL]",
      "postern issuer pass new KEY --for SPAN | --until TIME [options]",
      "postern issuer code new KEY --for SPAN | --until TIME [--from TIME] [--once] [--folder DIR]",
    ],
    what: "The other side: keep sites, their directories and their record, order controllers about, make keys, passes and codes.",
    options: [
      ...siteOptions,
      ["--form FORM", "mac: small QR codes; signed: doors hold nothing secret; code: digits for keypads"],
      ["--place DOORS", "keys: a door or a group of doors, numbered from 1. pass: the number of one that it opens"],
      ["--digits N", "of a key for codes: 12 with minutes, by default, or 10 with quarter-hours"],
      ["--number N", "of a key: by default the next one in this folder; unique at a site, never used twice"],
      ["--name NAME", "what the record calls the key"],
      ["--longest SPAN", "the longest that a pass of the key may last"],
      ["--after SERIAL", "of a key that was moved here: the last serial that it gave out where it was before"],
      ["--max-uses N", "passes of the key must be counted, and at most so often"],
      ["--person ID", "the resident whose key it is: passes open only where they may let others in"],
      ["--floor FLOOR", "keys: a floor that passes may name. pass: its number, from 1; once for each"],
      ["--zone ZONE", "the site's time zone, such as Europe/Madrid; this machine's by default"],
      ["--from TIME", 'when it begins: "2026-12-24 18:00", 18:00 or +2h; now by default'],
      ["--until TIME", "when it ends; a day means all of it"],
      ["--for SPAN", "how long it works: 90m, 2h, 3d; a code takes the next longer of its durations"],
      ["--uses N", "openings at each door"],
      ["--uses-in-all N", "openings over all doors of a controller; 1 is a one-time key"],
      ["--between HOURS", "only at these hours: 08:00-12:00"],
      ["--days DAYS", "and on these days: mon,thu or mon-fri"],
      ["--floors-of-person", "the floors that the key's person has at that moment"],
      ["--with-code", "the pass's code must be typed after it, at every door"],
      ["--revoke SERIAL", "an older pass of the key that this one takes back; once for each"],
      ["--revoke-up-to SERIAL", "and all up to that one"],
      ["--once", "a code that opens once"],
      ["--picture FILE", "write the QR to a new file, as .png or .svg; whoever has it has the key; once for each"],
      folderOption,
    ],
  },
};
