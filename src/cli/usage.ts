// What each subcommand is for, in the words that `postern help` prints.

import { cloudUsage } from "./usage-cloud.ts";
import { issuerUsage } from "./usage-issuer.ts";
import type { Usage } from "./usage-people.ts";
import { keysOption, peopleUsage, stateOption } from "./usage-people.ts";

const filterWords = [
  [
    "--from WHEN",
    'since when, by the site\'s clock, such as saturday, "saturday 18:00", yesterday, 2026-12-24 or 18:00',
  ],
  ["--until WHEN", "until when, in the same words; a day is meant to its end"],
  ["--door DOOR", "only what happened at this door, by its id or name"],
  ["--person ID", "only what this person did, by the id"],
  ["--type TYPE", "only events of this type, such as access.granted"],
] as const;
const atTime = 'a time by the site\'s clock, such as "03:00", "sunday 03:00" or "2026-12-24 03:00"; now by default';
const configOption = "the site's configuration";

const usage: Readonly<Record<string, Usage>> = {
  run: {
    forms: ["postern run [--config FILE] [--state DIR] [--keys DIR] [--trace FILE]"],
    what: "Start the controller in this terminal; without --config, a simulated site with its panel.",
    options: [
      ["--config FILE", configOption],
      stateOption,
      keysOption,
      ["--trace FILE", "record all that the wires report and are told; the file then holds PINs and card numbers"],
    ],
  },
  rescue: {
    forms: ["postern rescue [--state DIR] [--keys DIR]"],
    what: "When the controller cannot start: open for exit buttons, fire, and the cards of administrators.",
    options: [stateOption, keysOption],
  },
  release: {
    forms: ["postern release [--state DIR]"],
    what: "Take the power from every relay but those that lock by it. For the service, after a controller has died.",
    options: [stateOption],
  },
  check: {
    forms: ["postern check FILE [--state DIR]"],
    what: "Say everything that is wrong with a configuration, or what it would run.",
    options: [
      ["--state DIR", "a running controller's state folder: also weigh the codes that live there against a guesser"],
    ],
  },
  status: {
    forms: ["postern status [--json] [--state DIR]"],
    what: "Show the doors and the health of a running controller. Ends with code 1 while anything is at fault.",
    options: [["--json", "as JSON, for programs"], stateOption],
  },
  login: {
    forms: ["postern login [--state DIR]"],
    what: "Make a new one-time link to the console of a running controller.",
    options: [stateOption],
  },
  clear: {
    forms: [
      "postern clear fire [--state DIR]",
      "postern clear forced DOOR [--state DIR]",
      "postern clear tamper DOOR [--state DIR]",
      "postern clear recovery [--state DIR]",
    ],
    what: "Clear a latched alarm, or the fault that stays after a damaged database came back.",
    options: [stateOption],
  },
  door: {
    forms: [
      "postern door open DOOR [--state DIR]",
      "postern door lock|unlock|block|doublelock|hold|release DOOR [--state DIR]",
      "postern door lockdown DOOR [--for TIME] [--state DIR]",
    ],
    what: "Open a door for one passage, or set the mode that it stands in.",
    options: [
      ["open", "for one passage, then as before"],
      ["lock, unlock", "the usual mode; open for everybody until it is locked"],
      ["block", "nobody gets in; exit buttons still let out"],
      ["doublelock", "as locked, for doors with a second lock"],
      ["hold", "locked open: nothing but release ends it"],
      ["lockdown", "only exempt people get in; nothing but release or the time ends it"],
      ["release", "end hold or lockdown; the door is locked then"],
      ["--for TIME", "how long the lockdown lasts, such as 30m; it then ends in a locked door"],
      stateOption,
    ],
  },
  lockdown: {
    forms: [
      "postern lockdown [--for TIME] [DOOR ...] [--state DIR]",
      "postern lockdown --release [DOOR ...] [--state DIR]",
    ],
    what: "Lock doors down, all of them when none is named, so that only exempt people get in; or release them.",
    options: [
      ["--for TIME", "how long it lasts, such as 30m; the doors are then locked as usual"],
      ["--release", "end the lockdown"],
      stateOption,
    ],
  },
  reload: {
    forms: ["postern reload [--state DIR]"],
    what: "Read the configuration again. A bad one changes nothing; a new one restarts the doors, locked.",
    options: [stateOption],
  },
  ...peopleUsage,
  ...issuerUsage,
  http: {
    forms: [
      "postern http token NAME [--scope open | --scope query] [--door DOOR ...] [--state DIR]",
      "postern http account NAME --password-stdin [--digest] [--door DOOR ...] [--state DIR] [--keys DIR]",
      "postern http list [--state DIR]",
      "postern http revoke NAME [--state DIR]",
    ],
    what: "Make, list or revoke the tokens and accounts with which machines open doors over HTTP.",
    options: [
      ["--scope SCOPE", "open: open doors, the default; query: ask who may be called; once for each"],
      ["--door DOOR", "a door that it may open; once for each, every door by default"],
      ["--password-stdin", "read the password, 12 characters or more, from standard input"],
      ["--digest", "let the account use HTTP Digest, too; that keeps a sealed equivalent of its password"],
      stateOption,
      keysOption,
    ],
  },
  directory: {
    forms: [
      "postern directory plan FILE [--state DIR]",
      "postern directory apply FILE [--state DIR]",
      "postern directory export FILE [--sealed [--passphrase-stdin]] [--relay N=DOOR ...] [--state DIR] [--keys DIR]",
      "postern directory import FILE [--try] [--relay N=DOOR ...] [--security-relay N=DOOR ...] [--state DIR] [--keys DIR]",
    ],
    what: "Say what a directory.json would add, change and remove, or do it, all of it or nothing; take people out and in.",
    options: [
      ["FILE", "a directory.json; for export and import also .csv, .xml or .tgz, as door phones write them"],
      ["--sealed", "codes and keys included, for another controller to take over; only its passphrase opens it"],
      ["--passphrase-stdin", "read the passphrase from standard input instead of making one up"],
      ["--try", "say what would change, and change nothing"],
      ["--relay N=DOOR", "the door behind relay digit N of a door phone; by default they count the site's doors"],
      ["--security-relay N=DOOR", "the same for the relays of an external box"],
      ["--config FILE", "with a sealed import into an empty state folder: the site's configuration"],
      stateOption,
      keysOption,
    ],
  },
  doctor: {
    forms: ["postern doctor FILE [--json] [--state DIR]"],
    what: "Check this machine against a configuration, and a running controller's parts, and say how to mend what is wrong.",
    options: [["--json", "as JSON, for programs"], stateOption],
  },
  wiring: {
    forms: ["postern wiring FILE [--svg DRAWING]"],
    what: "Say what to connect with what for a configuration, terminal by terminal; or draw it.",
    options: [["--svg DRAWING", "also draw it into this new file"]],
  },
  watch: {
    forms: ["postern watch [READER | INPUT] [--reveal] [--state DIR]"],
    what: "Show what readers and inputs report, bits and all, as it comes: for whoever connects them.",
    options: [
      ["--reveal", "also keys and codes, which may be somebody's PIN; the record says who looked"],
      stateOption,
    ],
  },
  time: {
    forms: [
      "postern time [show] [--state DIR]",
      "postern time set [YYYY-MM-DD] HH:MM[:SS] [--state DIR]",
      "postern time confirm [--state DIR]",
      "postern time forget [--state DIR]",
    ],
    what: "Show the time and who vouches for it, set it, say that it is right, or forget what a wrong clock once told.",
    options: [
      ["set", "as the clock on the wall reads, in the site's time zone"],
      ["confirm", "the time is right as it is; that counts until it is set by others, or the machine restarts"],
      ["forget", "when the clock once ran ahead, and the right time is now refused as earlier than it"],
      stateOption,
    ],
  },
  log: {
    forms: [
      "postern log show [--from WHEN] [--until WHEN] [--door DOOR] [--person ID] [--type TYPE] [--last N] [options]",
      "postern log follow [--last N] [--json] [--state DIR]",
      "postern log verify [--seed FILE] [--state DIR] [--keys DIR]",
    ],
    what: "Read the record, follow it live, or check that nobody has edited it.",
    options: [
      ...filterWords,
      ["--last N", "only so many, the newest; 50 to show where no --from is given, 10 to follow"],
      ["--json", "each event as a line of JSON"],
      ["--seed FILE", "the audit seed, kept away from the controller: with it every event is authenticated"],
      stateOption,
      keysOption,
    ],
  },
  explain: {
    forms: ["postern explain [SEQ | [--door DOOR] [--at TIME]] [--state DIR]"],
    what: "Say why somebody was or was not let in: the last denial, an event, or what happened at a door at a time.",
    options: [
      ["SEQ", "the number of an event, as `postern log show` has it"],
      ["--door DOOR", "the id of a door"],
      [
        "--at TIME",
        'when it was, such as "02:14", "sunday 03:00" or "2026-12-24 03:00"; in a repeated hour add its offset',
      ],
      stateOption,
    ],
  },
  "who-can": {
    forms: ["postern who-can DOOR [--at TIME] [--state DIR]"],
    what: "List all people, passes and public codes that could open a door, now or at a time, and by what.",
    options: [["--at TIME", atTime], stateOption],
  },
  "where-can": {
    forms: ["postern where-can PERSON|PASS|CODE [--at TIME] [--state DIR]"],
    what: "List the doors that somebody could open, now or at a time, by what, and why not the others.",
    options: [["--at TIME", atTime], stateOption],
  },
  "dry-run": {
    forms: ["postern dry-run [--directory FILE] [--config FILE] [--days N] [--state DIR] [--keys DIR]"],
    what: "List the decisions of the last days that a changed directory or configuration would have made otherwise.",
    options: [
      ["--directory FILE", "a directory.json, or a list of directory changes; nothing of it is applied"],
      ["--config FILE", configOption],
      ["--days N", "how far back from the newest event; 30 by default"],
      stateOption,
      keysOption,
    ],
  },
  osdp: {
    forms: [
      "postern osdp [show] [--state DIR]",
      "postern osdp pair READER [--minutes N] [--state DIR]",
      "postern osdp stop READER [--state DIR]",
      "postern osdp trace LINE FILE [--minutes N] [--state DIR]",
    ],
    what: "Show how readers stand, give an OSDP reader a key of its own, or write down what crosses its line.",
    options: [
      ["pair", "that one reader may be given a key, for N minutes (10 at most, and by default)"],
      ["stop", "no longer"],
      [
        "trace",
        "into a new file in the state folder that Wireshark opens, for N minutes (10 by default); keys are left out of it",
      ],
      stateOption,
    ],
  },
  ...cloudUsage,
  sim: {
    forms: [
      "postern sim play SCENARIO [--config FILE] [--trace FILE]",
      "postern sim codes [--config FILE | --state DIR]",
      "postern sim send COMMAND ... [--state DIR]",
    ],
    what: "Play a scenario in virtual time, show the sample people's codes, or work a running simulated board.",
    options: [
      ["--config FILE", `${configOption}; the example by default`],
      ["--trace FILE", "record all that the wires report and are told"],
      ["--state DIR", "codes: those of the simulated site in this folder; send: its board; in var by default"],
      [
        "COMMAND",
        "such as: keys front-keypad 1234#, tap front-reader 00B775D2, press front-exit 2s, open front-contact",
      ],
    ],
  },
  replay: {
    forms: ["postern replay TRACE [--config FILE] [--state DIR] [--keys DIR]"],
    what: "Feed a recorded trace to a controller in virtual time and compare the relay writes.",
    options: [
      ["--config FILE", `${configOption}; the one in the trace by default, or else the example`],
      ["--state DIR", "a state folder whose people decide, on a copy in memory; the sample people by default"],
      keysOption,
    ],
  },
};

const indent = "      ";

/** For who mistyped a command: how it goes, and where to read more; of its part, where that is one. */
export function shortUsageOf(command: string, part: string | undefined): string {
  const all = usage[command]?.forms ?? [];
  const ofPart = all.filter((form) => part !== undefined && wordsAfter(command, form).includes(part));
  const forms = ofPart.length > 0 ? ofPart : all;
  return `${["usage:", ...forms.map((form) => `  ${form}`)].join("\n")}\nMore: postern help ${command}`;
}

/** What may stand behind the command: `a | b [x] | c` and `a|b x`. */
function wordsAfter(command: string, form: string): string[] {
  const alternatives = form.slice(`postern ${command} `.length).split(/ \| /);
  return alternatives.flatMap((one) => (one.split(" ")[0] ?? "").split("|"));
}

export function usageOf(command?: string): string {
  const own = command === undefined ? undefined : usage[command];
  if (own !== undefined) return `usage:\n${formLines(own)}${optionLines(own)}`;
  const all = Object.values(usage).map(formLines).join("\n");
  return `usage:\n${all}\n  postern help COMMAND\n${indent}Show the options of one command.\n  postern --version`;
}

const formLines = ({ forms, what }: Usage): string => `${forms.map((form) => `  ${form}\n`).join("")}${indent}${what}`;

function optionLines({ options = [] }: Usage): string {
  if (options.length === 0) return "";
  const width = Math.max(...options.map(([option]) => option.length));
  return `\n\n${options.map(([option, meaning]) => `  ${option.padEnd(width)}  ${meaning}`).join("\n")}`;
}
