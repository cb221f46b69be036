// Configurations that must be refused, each wrong in one way of its own, as files on a disk.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { edited, exampleText, swap } from "../config/example.ts";

export interface BadSite {
  readonly title: string;
  /** The one sentence that must be said of it. */
  readonly says: string;
  readonly content: string | Buffer | ((path: string) => void);
}

const bad = (title: string, content: BadSite["content"], says: string): BadSite => ({ title, content, says });

export const badSites: readonly BadSite[] = [
  bad("nothing", "", "The file is empty."),
  bad("prose", "open the door please", "A word without quotes means nothing in JSON at line 1, column 1."),
  bad("half a file", exampleText.slice(0, 200), "The file ends too early"),
  bad("a trailing comma", swap('"pin": 27 }', '"pin": 27 },'), "A comma stands before the closing ]"),
  bad("a comment", swap('"board"', '// wires\n  "board"'), "JSON has no comments, at line 4, column 3."),
  bad("UTF-16", Buffer.from(`\ufeff${exampleText}`, "utf16le"), "The file is saved as UTF-16."),
  bad("bytes that are no text", Buffer.from([0x7b, 0xff, 0xc0, 0x00, 0x80]), "The file is not UTF-8 text."),
  bad("10 MB", swap('"Casa Olmo"', JSON.stringify("x".repeat(10_000_000))), "The file is larger than 1048576 bytes."),
  bad("deep brackets", `{"site":${"[".repeat(100_000)}`, "Brackets are nested deeper than 32."),
  bad("a name with bare quotes", swap('"Front door"', '"The „Álamo" door"'), "A comma or } is missing"),
  bad("a name that turns the line around", swap('"Front door"', '"Front \u202edoor"'), "nobody can see, U+202E"),
  bad(
    "__proto__",
    swap('"board"', '"__proto__": { "polluted": true },\n  "board"'),
    'No setting may be called "__proto__".',
  ),
  bad(
    "a constructor",
    edited((site) => {
      site.doors[0].constructor = 1;
    }),
    'No setting may be called "constructor".',
  ),
  bad("a key twice", swap('"pin": 17', '"pin": 17, "pin": 18'), '"pin" is written twice'),
  bad(
    "an unknown key",
    edited((site) => {
      site.colour = "blue";
    }),
    'Postern knows no setting "colour" here.',
  ),
  bad("a mistyped key", swap('"unlockMs": 8000', '"unlockms": 8000'), 'Did you mean "unlockMs"?'),
  bad(
    "no lock type",
    edited((site) => {
      delete site.doors[0].lock;
    }),
    '"lock" is missing.',
  ),
  bad("a list on top", "[]", "This is a list where an object belongs."),
  bad("a negative time", swap('"unlockMs": 5000', '"unlockMs": -5'), "This number is too small."),
  bad("half a millisecond", swap('"unlockMs": 5000', '"unlockMs": 500.5'), "This is not a whole number."),
  bad("a number as text", swap('"unlockMs": 5000', '"unlockMs": "5000"'), "This is text where a whole number belongs."),
  bad("a number past all numbers", swap('"pin": 17', '"pin": 1e999'), "This number is too large."),
  bad("a word that is no choice", swap('"failSecure"', '"failsecure"'), 'Did you mean "failSecure"?'),
  bad("no such time zone", swap("Europe/Madrid", "Mars/Olympus"), "No time zone has this name."),
  bad("a dangling relay", swap('"relay": "front-strike"', '"relay": "nowhere"'), "No relay has this id."),
  bad("a dangling door", swap('"door": "garage"', '"door": "garag"'), "No door has this id."),
  bad(
    "a relay for a contact",
    swap('"contact": "front-contact"', '"contact": "front-strike"'),
    "This is the id of a relay",
  ),
  bad(
    "one pin for two things",
    swap('"pin": 13', '"pin": 17'),
    'Pin 17 already belongs to relays[0] ("front-strike").',
  ),
  bad(
    "one relay for two doors",
    swap('"relay": "garage-magnet"', '"relay": "front-strike"'),
    'Relay "front-strike" already drives doors[0] ("front").',
  ),
  bad("a console for everyone without TLS", swap("127.0.0.1", "0.0.0.0"), "no encryption"),
  bad("a port that leaves /dev", swap('"ttyACM0"', '"../etc/shadow"'), "This is not a valid port."),
  bad("a folder", (path) => mkdirSync(path), "This is a folder."),
  bad("a pipe that nobody writes to", (path) => void execFileSync("mkfifo", [path]), "This is not an ordinary file."),
  bad("no file at all", () => {}, "There is no such file."),
];

export function putSite(path: string, content: BadSite["content"]): void {
  rmSync(path, { recursive: true, force: true });
  if (typeof content === "function") content(path);
  else writeFileSync(path, content);
}
