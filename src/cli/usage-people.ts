// What the commands about people, cards, codes, passes and calendars are for, in the words that `postern help` prints.

export interface Usage {
  readonly forms: readonly string[];
  readonly what: string;
  readonly options?: readonly (readonly [option: string, meaning: string])[];
}

export const stateOption = [
  "--state DIR",
  "the folder that the controller keeps its state in; var by default",
] as const;
export const keysOption = ["--keys DIR", "where its keys are, when that is not DIR/keys"] as const;
const doorOption = [
  "--door DOOR[=SCHEDULE]",
  "a door that opens, at any time or as the schedule says; once for each",
] as const;
const scheduleOption = ["--schedule ID", "for doors that name none of their own; always by default"] as const;
const allOption = ["--all", "list passes that have ended, too"] as const;
const pictureOption = [
  "--picture FILE",
  "write the QR to a new file, as .png or .svg; whoever has it has the key",
] as const;

export const peopleUsage: Readonly<Record<string, Usage>> = {
  people: {
    forms: [
      "postern people list [--unused DAYS] [--all] [--state DIR]",
      "postern people add NAME --door DOOR[=SCHEDULE] ... [--new-pin | --pin-stdin] [--card NUMBER ...] [options]",
      "postern people change ID [--name NAME] [--door DOOR[=SCHEDULE] ...] [--without DOOR ...] [--card NUMBER ...] [options]",
      "postern people show ID | suspend ID | resume ID | remove ID [--state DIR]",
      "postern people forgive ID | --everybody [--state DIR]",
    ],
    what: "The people of a running controller: who they are, what they show, and which doors open for them.",
    options: [
      ["--unused DAYS", "list only who has not come in for so many days"],
      allOption,
      doorOption,
      scheduleOption,
      ["--new-pin", "make up a PIN, as long as it should be, and show it this once"],
      ["--pin-stdin", "read the PIN, 2 to 8 digits, from standard input"],
      ["--card NUMBER", "a card in the format that the site writes them in, such as 00B775D2; up to five"],
      ["--plate PLATE", "a vehicle's number plate; up to five"],
      ["--id ID", "what the record calls them; made from the name by default"],
      ["--without DOOR", "change: a door that opens for them no more; once for each"],
      ["--remove CREDENTIAL", "change: a card or code that is theirs no more, by its id; once for each"],
      ["--name NAME", "change: what they are called from now on"],
      ["--role ROLE", "general or administrator"],
      ["--apartment NO", "where they live; typed before the PIN at doors that ask for it"],
      ["--building NAME", "the building they live in"],
      ["--phone NUMBER", "how to reach them"],
      ["--floor FLOOR", "a floor that lifts take them to; once for each"],
      ["--factors NEED", "what they must show at any door: cardAndPin, qrAndCode or twoPeople"],
      ["--extended-times", "they need longer to pass; this and the next two are taken back by --no-..."],
      ["--lockdown-exempt", "a lockdown does not keep them out"],
      ["--passback-exempt", "they may enter an area again without having left it"],
      ["--may-hold-open DOOR", "their opening begins what the door's timetable holds open; once for each"],
      ["--everybody", "forgive: nobody is held to be inside any area any more"],
      stateOption,
    ],
  },
  cards: {
    forms: [
      "postern cards lost CARD | stolen CARD | found CARD [--state DIR]",
      "postern cards offers [--state DIR]",
      "postern cards take OFFER ID | refuse OFFER [--state DIR]",
      "postern cards key set PROFILE | list | remove PROFILE [--config FILE] [--state DIR] [--keys DIR]",
    ],
    what: "Report a card, give somebody one that an administrator had a reader take, or set the keys of card profiles.",
    options: [
      ["CARD", "the card's id, as `postern people show` has it"],
      [
        "PROFILE",
        "the id of a card profile; set reads its key as hex digits from standard input, never from an option",
      ],
      ["--config FILE", "the site's configuration, when no controller has run on it yet"],
      stateOption,
      keysOption,
    ],
  },
  codes: {
    forms: [
      "postern codes new ID [--qr | --secret] [--digits N] [--picture FILE] [--yes] [--state DIR]",
      "postern codes public N --new | --pin-stdin | --off [--door DOOR[=SCHEDULE] ...] [--name NAME] [--state DIR]",
    ],
    what: "Make up a code for a person or a pass, kept only when you save it; set one of the three public codes.",
    options: [
      ["--qr", "a QR of eight digits instead of a PIN"],
      ["--secret", "a pass's secret code, for doors that ask for it beside the pass"],
      ["--digits N", "how many digits; by default as many as the doors' other codes ask for"],
      ["--yes", "save the first one without asking"],
      pictureOption,
      ["--new", "make up the public code and show it this once"],
      ["--pin-stdin", "read it from standard input"],
      ["--off", "let it open nothing"],
      doorOption,
      scheduleOption,
      ["--name NAME", "what the record calls it"],
      stateOption,
    ],
  },
  pass: {
    forms: [
      "postern pass new NAME --door DOOR[=SCHEDULE] ... [--courier | --visitor | --staff] [options]",
      "postern pass list [--all] [--state DIR]",
      "postern pass show ID | revoke ID [--state DIR]",
      "postern pass activate ID [--at TIME] [--state DIR]",
    ],
    what: "Keys for a while: a courier's, a visitor's, a cleaner's, each with a code to type or to hold to a scanner.",
    options: [
      allOption,
      ["--courier", "as the site's policy says: once at each door, within a day"],
      ["--visitor", "a day, once at each door, unless said otherwise"],
      ["--staff", "for as long as staff may let somebody in"],
      doorOption,
      scheduleOption,
      ["--host ID", "on whose behalf: the pass opens no door that they may not open and grant"],
      ["--from TIME", 'when it begins: 2026-12-24, "2026-12-24 18:00", 18:00 or +2h; a date when it repeats'],
      ["--until TIME", "when it ends; a day means all of it"],
      ["--expires TIME", "a second end; the earlier counts"],
      ["--repeat HOW", "daily, weekly, or such as every-2-weeks or every-1-month"],
      ["--between HOURS", "when it repeats: 08:00-12:00"],
      ["--days DAYS", "weekly: mon,thu or mon-fri"],
      ["--count N", "how many times, instead of --until"],
      ["--except DATE", "not on that day; once for each"],
      ["--uses N", "openings at each door; any for any number"],
      ["--uses-in-all N", "openings over all doors; 1 is a one-time key"],
      ["--works-for SPAN", "how long it works after it was first used: 90m, 2h, 3d"],
      ["--with-code", "a secret code beside it, as doors of homes ask for anyway"],
      ["--floor FLOOR", "a floor that lifts take them to; once for each"],
      ["--floors-of-host", "the floors that the host has at that moment"],
      ["--message TEXT", "for the guest to read"],
      ["--id-number TEXT", "the visitor's identity, for the record"],
      ["--id ID", "what the record calls it; made from the name by default"],
      pictureOption,
      ["--at TIME", "activate: when the guest first opened it; now by default"],
      stateOption,
    ],
  },
  schedules: {
    forms: [
      "postern schedules list [--state DIR]",
      "postern schedules put ID NAME --window DAYS=HOURS ... [--from DATE] [--until DATE] [--holiday-exempt]",
      "postern schedules remove ID [--state DIR]",
    ],
    what: "When doors open for people.",
    options: [
      ["--window DAYS=HOURS", "such as mon-fri=08:00-18:00, or daily=22:00-06:00 over midnight; once for each"],
      ["--from DATE", "the first day; --until DATE the last one"],
      ["--holiday-exempt", "holds on holidays as on any other day"],
      stateOption,
    ],
  },
  holidays: {
    forms: [
      "postern holidays list [--state DIR]",
      "postern holidays put ID NAME --on DATE [--until DATE] [--yearly] [--hours HOURS ...]",
      "postern holidays remove ID [--state DIR]",
    ],
    what: "Days on which schedules do not hold, save for those that are exempt and during working hours.",
    options: [
      ["--on DATE", "the day, or the first of them; --until DATE the last one"],
      ["--yearly", "again each year"],
      ["--hours HOURS", "working hours in which schedules hold all the same: 09:00-12:00; once for each"],
      stateOption,
    ],
  },
};
