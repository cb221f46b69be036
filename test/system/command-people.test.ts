// People, codes, passes, cards and calendars at the command line, beside a running controller whose doors are then tried.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RecordedEvent } from "../../src/domain/events.ts";
import { exampleSite, expectMisuse, expectRefusal, runPostern } from "./command.ts";
import type { Product } from "./product.ts";
import { removeFolder, startProduct } from "./product.ts";

let product: Product;
let where: readonly string[];
const ask = (...args: readonly string[]) => runPostern([...args, ...where]);
const askWith = (input: string, ...args: readonly string[]) => runPostern([...args, ...where], { input });
const events = async (): Promise<RecordedEvent[]> =>
  (await ask("log", "show", "--json", "--last", "500")).out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));

async function shown(reader: string, command: string): Promise<unknown> {
  const answer = product.board.next(
    (one) => one.kind === "signal" && one["reader"] === reader && one["signal"] !== "key",
  );
  await product.board.send(command);
  return (await answer)["signal"];
}

const typed = (digits: string) => shown("front-keypad", `keys front-keypad ${digits}#`);
const tapped = (card: string) => shown("front-reader", `tap front-reader ${card}`);

/** As people read them out. */
const codeIn = (out: string): string => (/^ {2}(\d[\d ]+\d)$/m.exec(out)?.[1] ?? "").replaceAll(" ", "");

const site = exampleSite((example) => {
  example.enrolByCard = true;
});

beforeAll(async () => {
  product = await startProduct({ config: site });
  await product.until("office");
  where = ["--state", product.state];
});
afterAll(async () => {
  await product?.stop();
  if (product === undefined) return;
  for (const path of [product.state, `${product.state}.config.json`]) removeFolder(path);
});

test("somebody with all that can be said of them is shown with it, and is kept out while suspended", async () => {
  await ask("schedules", "put", "mornings", "Mornings", "--window", "mon-fri=06:00-12:00", "--holiday-exempt");
  const options = [
    "--apartment",
    "12B",
    "--floor",
    "3",
    "--role",
    "administrator",
    "--passback-exempt",
    "--extended-times",
  ];
  const doors = ["--door", "front", "--door", "garage=mornings"];
  const added = await ask("people", "add", "Ida Berg", ...doors, "--card", "00ADA1AD", ...options);
  expect(added).toMatchObject({ code: 0, err: "" });
  const { out } = await ask("people", "show", "ida-berg");
  for (const line of [
    /^kind +person, administrator$/m,
    /^apartment +12B$/m,
    /^floors +3$/m,
    /^exempt from +anti-passback$/m,
    /^extended times +yes$/m,
    /^ida-berg-card-1 +card +00ADA1AD +active$/m,
    /^garage +mornings$/m,
  ]) {
    expect(out).toMatch(line);
  }
  expect(await tapped("00ADA1AD")).toBe("granted");
  await ask("people", "suspend", "ida-berg");
  expect(await tapped("00ADA1AD")).toBe("denied");
  await ask("people", "resume", "ida-berg");
  expect(await tapped("00ADA1AD")).toBe("granted");
  expect((await ask("people", "list", "--unused", "1")).out).not.toContain("ida-berg");
});

test("somebody who is changed keeps what was not named", async () => {
  await ask("people", "add", "Kim", "--door", "front", "--door", "garage", "--card", "00CAFE01", "--apartment", "7");
  const more = [
    "--door",
    "garage=never",
    "--card",
    "00CAFE02",
    "--remove",
    "kim-card-1",
    "--apartment",
    "",
    "--floor",
    "2",
  ];
  const changed = await ask("people", "change", "kim", "--extended-times", ...more);
  expect(changed).toMatchObject({ code: 0, err: "", out: "Kim is changed; see `postern people show kim`.\n" });
  expect([await tapped("00CAFE01"), await tapped("00CAFE02")]).toEqual(["denied", "granted"]);
  const { out } = await ask("people", "show", "kim");
  for (const line of [
    /^floors +2$/m,
    /^extended times +yes$/m,
    /^front +always$/m,
    /^garage +never$/m,
    /^kim-card-2 /m,
  ]) {
    expect(out).toMatch(line);
  }
  expect(out).not.toMatch(/apartment|kim-card-1/);
  await ask("people", "change", "kim", "--without", "front", "--no-extended-times");
  expect(await tapped("00CAFE02")).toBe("denied");
  expectRefusal(
    await ask("people", "change", "kim", "--without", "front"),
    'postern people: The door "front" does not open for them anyway.',
  );
});

test("a card that an administrator had a reader take opens once it was given to somebody", async () => {
  await tapped("00ADA1AD");
  expect(await tapped("00C0FFEE")).toBe("denied");
  const { out: listed } = await ask("cards", "offers");
  const [, offer = ""] = [...listed.matchAll(/^(card-[0-9a-f]+) +…\S{2} +front-reader +ida-berg/gm)].at(-1) ?? [];
  await ask("people", "add", "Jon", "--door", "front");
  expect((await ask("cards", "take", offer, "jon")).out).toBe("The card is Jon's now.\n");
  expect(await tapped("00C0FFEE")).toBe("granted");
  await ask("cards", "stolen", "jon-card-1");
  expect(await tapped("00C0FFEE")).toBe("denied");
  await ask("cards", "found", "jon-card-1");
  expect(await tapped("00C0FFEE")).toBe("granted");
  expectRefusal(
    await ask("cards", "take", offer, "jon"),
    "postern cards: There is no such card: it was given to somebody or refused, or a day has passed.",
  );
});

test("a code that was made up is shown once and opens; where nobody can be asked, keeping it must be said", async () => {
  expectMisuse(await ask("codes", "new", "jon"), "say --yes to keep the first one.");
  const { out } = await ask("codes", "new", "jon", "--yes");
  expect(out).toMatch(/Saved for Jon\. It is shown this once\.\n$/);
  expect(await typed(codeIn(out))).toBe("granted");
  const again = await ask("codes", "new", "jon", "--yes");
  expect([await typed(codeIn(out)), await typed(codeIn(again.out))]).toEqual(["denied", "granted"]);
});

test("a public code set at the site opens, is nobody's, and goes off again; the record says who set it", async () => {
  const { out } = await ask("codes", "public", "1", "--new", "--door", "front");
  expect(await typed(codeIn(out))).toBe("granted");
  const all = await events();
  expect(all.at(-1)?.event).toBeDefined();
  expect(all.findLast(({ event }) => event.type === "directory.changed")?.event).toMatchObject({ by: "command line" });
  expect(all.findLast(({ event }) => event.type === "access.granted")?.event).toMatchObject({
    person: null,
    pass: null,
  });
  await ask("codes", "public", "1", "--off");
  expect(await typed(codeIn(out))).toBe("denied");
  const short = await askWith("1234", "codes", "public", "1", "--pin-stdin");
  expect(short.err).toContain('opens nothing, because "codes.publicLength" is 6.');
  expect((await ask("people", "list")).out).toContain("public-1: its code has 4 digits and opens nothing;");
});

test("a courier's key needs only a door: it opens once, and the list says why no more", async () => {
  const { out, err } = await ask("pass", "new", "--courier", "--door", "front");
  expect(err).toBe("");
  expect(out).toMatch(/^Courier may enter until .+, at front; uses: 1 at each door\. The pass is "courier"\.$/m);
  const code = codeIn(out);
  expect(code).toMatch(/^\d{8}$/);
  expect([await typed(code), await typed(code)]).toEqual(["granted", "denied"]);
  expect((await ask("pass", "list")).out).toMatch(
    /^courier +Courier +used up +until .+ +1 at each door; 1 used +front$/m,
  );
});

test("a visitor's key leaves a door that nobody knows out, works by QR too, and opens nothing once it is revoked", async () => {
  const { out, err } = await ask(
    "pass",
    "new",
    "Aunt Mary",
    "--visitor",
    "--uses",
    "any",
    "--door",
    "front",
    "--door",
    "attic",
  );
  expect(err).toBe('Note: There is no door "attic". The pass works at its other doors.\n');
  const code = codeIn(out);
  expect(await shown("front-scanner", `text front-scanner ${code}`)).toBe("granted");
  expect((await ask("pass", "revoke", "aunt-mary")).out).toBe(
    "The pass of Aunt Mary opens nothing any more, for good.\n",
  );
  expect(await typed(code)).toBe("denied");
  expect((await ask("pass", "show", "aunt-mary")).out).toMatch(/^state +revoked$/m);
  for (const list of ["pass", "people"]) {
    const some = (await ask(list, "list")).out;
    expect(some).not.toContain("aunt-mary");
    expect(some).toContain("\nOne pass that has ended is left out; --all lists it.\n");
    expect((await ask(list, "list", "--all")).out).toMatch(/^aunt-mary +Aunt Mary +/m);
  }
});

test("a pass that comes round and hangs on its host says how it stands", async () => {
  const times = ["--repeat", "daily", "--between", "00:00-24:00", "--until", "2099-12-31"];
  await ask("pass", "new", "Cleaner", "--door", "front", "--host", "jon", ...times);
  expect((await ask("pass", "list")).out).toMatch(/^cleaner +Cleaner +active +daily 00:00-24:00, /m);
  await ask("people", "suspend", "jon");
  expect((await ask("pass", "list")).out).toMatch(/^cleaner +Cleaner +host may not enter /m);
  await ask("people", "resume", "jon");
});

test("the time of a pass begins when its guest opens it", async () => {
  await ask("pass", "new", "Plumber", "--door", "front", "--until", "+3d", "--works-for", "2h");
  expect((await ask("pass", "activate", "plumber", "--at", "2020-01-01")).code).toBe(0);
  expect((await ask("pass", "list")).out).toMatch(/^plumber +Plumber +opened too long ago /m);
  expectRefusal(
    await ask("pass", "activate", "cleaner"),
    "postern pass: The time of Cleaner does not begin with a first use.",
  );
});

test("holidays and schedules are put, listed and removed; one in use stays", async () => {
  await ask("holidays", "put", "xmas", "Christmas", "--on", "2026-12-25", "--until", "2026-12-26", "--yearly");
  expect((await ask("holidays", "list")).out).toMatch(/^xmas +Christmas +2026-12-25 to 2026-12-26, each year +none$/m);
  expect((await ask("schedules", "list")).out).toMatch(/^mornings +Mornings +mon-fri 06:00-12:00, on holidays too$/m);
  expectRefusal(
    await ask("schedules", "remove", "mornings"),
    'postern schedules: The schedule "mornings" is in use. Remove the grants that name it first.',
  );
  expect((await ask("holidays", "remove", "xmas")).code).toBe(0);
  expect((await ask("holidays", "list")).out).toBe("There are no holidays; `postern holidays put` makes one.\n");
});
