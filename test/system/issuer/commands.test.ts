// The issuer's commands as a person types them: what they take, refuse, and how they say so.
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openStore } from "../../../src/cli/issuer/open-issuer.ts";
import { publicKeyText } from "../../../src/link/identity.ts";
import type { Ended } from "../command.ts";
import { expectMisuse, expectRefusal, runPostern, stackOf } from "../command.ts";
import { removeFolder, temporaryFolder } from "../product.ts";

const broker = ["--broker", "mqtts://broker.example:8883"];

const rawKey = (kind: "ed25519" | "x25519"): string =>
  publicKeyText((kind === "ed25519" ? generateKeyPairSync("ed25519") : generateKeyPairSync("x25519")).publicKey);

function folderFor() {
  const root = temporaryFolder();
  onTestFinished(() => removeFolder(root));
  const folder = join(root, "issuer");
  const issuer = (...words: readonly string[]): Promise<Ended> => runPostern(["issuer", ...words, "--folder", folder]);
  return { root, folder, issuer };
}

describe("before there is an issuer", () => {
  test("each command says how to make one", async () => {
    const { folder, issuer } = folderFor();
    const says = `postern issuer: There is no issuer in ${folder}; make one with "postern issuer init", or name its folder with --folder.`;
    for (const words of [["drift"], ["events"], ["directory", "list"], ["open", "front"], ["run"]]) {
      expectRefusal(await issuer(...words), says);
    }
  });

  test("what is missing for one is asked for", async () => {
    const { folder, issuer } = folderFor();
    expectMisuse(await issuer("init"), "Name the site with --site");
    expectMisuse(await issuer("init", "--site", "Hof 12", ...broker), "Name the site with --site");
    expectMisuse(await issuer("init", "--site", "hof"), "Say where the broker is with --broker");
    expectMisuse(await issuer("init", "--site", "hof", ...broker, "--time-zone", "Mars"), 'no time zone "Mars"');
    for (const url of ["http://broker.example", "broker.example:8883", "mqtts://"])
      expectMisuse(
        await issuer("init", "--site", "hof", "--broker", url),
        "--broker takes mqtt://HOST or mqtts://HOST",
      );
    expect(existsSync(folder)).toBe(false);
    expectMisuse(await issuer("frobnicate"), 'There is no "postern issuer frobnicate"');
  });
});

describe("with an issuer", () => {
  let root = "";
  let folder = "";
  const issuer = (...words: readonly string[]): Promise<Ended> => runPostern(["issuer", ...words, "--folder", folder]);
  beforeAll(async () => {
    root = temporaryFolder();
    folder = join(root, "issuer");
    const made = await issuer("init", "--site", "hof", ...broker, "--time-zone", "Europe/Berlin");
    expect(made).toMatchObject({ code: 0, err: "" });
    return () => removeFolder(root);
  });

  test("a site is made once, and a second one beside it has to be named from then on", async () => {
    expectRefusal(await issuer("init", "--site", "hof"), "postern issuer: There is a site hof already.");
    expectMisuse(await issuer("init", "--site", "other", ...broker), "has its broker and store already");
    expect(await issuer("init", "--site", "other")).toMatchObject({ code: 0 });
    expectMisuse(await issuer("drift"), "Name the site with --site; there are hof, other.");
    expect((await issuer("drift", "--site", "hof")).out).toBe("The site hof has no controllers yet.\n");
  });

  test("what a directory.json has and an issuer cannot send is refused with its line, and nothing is changed", async () => {
    const file = join(root, "directory.json");
    writeFileSync(
      file,
      JSON.stringify(
        {
          people: [{ id: "ana", name: "Ana", pin: "token:6:abcdefghijklmnopqrstuv" }],
          publicCodes: [{ id: "public-1", name: "Post", pin: "31097" }],
        },
        null,
        1,
      ),
    );
    const { code, err } = await issuer("directory", "apply", file, "--site", "hof");
    expect(code).toBe(1);
    expect(err).toMatch(/line \d+: A token is worth nothing at an issuer\. Write the code itself\./);
    expect(err).toMatch(/line \d+: Shared codes do not come from the cloud\./);
    expect((await issuer("directory", "list", "--site", "hof")).out).toBe("");
  });

  test("a schedule that exists nowhere is noted with its line", async () => {
    const file = join(root, "nights.json");
    const doors = [{ door: "front", schedule: "nights" }];
    writeFileSync(file, JSON.stringify({ people: [{ id: "ana", name: "Ana", doors }] }, null, 1));
    const { code, err } = await issuer("directory", "plan", file, "--site", "hof");
    expect(code).toBe(0);
    expect(err).toMatch(/^note: line \d+: There is no schedule "nights", neither in the file nor at the site\./m);
    expect((await issuer("directory", "list", "--site", "hof")).out).toBe("");
  });

  test("a plan changes nothing, applying does once, and no listing shows a code", async () => {
    const file = join(root, "people.json");
    writeFileSync(file, JSON.stringify({ people: [{ id: "ana", name: "Ana", pin: "047110", doors: ["front"] }] }));
    const plan = await issuer("directory", "plan", file, "--site", "hof");
    expect(plan.out).toBe("adds    person ana\nNothing was changed.\n");
    const applied = await issuer("directory", "apply", file, "--site", "hof");
    expect(applied.out).toBe(
      "adds    person ana\nThe directory of hof is at version 1; its controllers are told once a worker runs for them (`postern issuer run`).\n",
    );
    expect((await issuer("directory", "apply", file, "--site", "hof")).out).toBe("Nothing changes.\n");
    const listed = (await issuer("directory", "list", "--site", "hof")).out;
    expect(listed).toMatch(/person +ana +Ana +1 +front +pin/);
    expect(listed).not.toContain("047110");
    expectRefusal(
      await issuer("directory", "remove", "person", "bob", "--site", "hof"),
      'postern issuer: There is no person "bob" at hof; "postern issuer directory list" shows all.',
    );
    expect((await issuer("directory", "remove", "person", "ana", "--site", "hof")).out).toContain("is removed");
  });

  test("two with one PIN at a door are refused by line, and a card that stays keeps its place", async () => {
    const file = join(root, "cards.json");
    const apply = async (people: readonly object[]): Promise<Ended> => {
      writeFileSync(file, JSON.stringify({ people }, null, 1));
      return issuer("directory", "apply", file, "--site", "hof");
    };
    const bob = { id: "bob", name: "Bob", pin: "047110", doors: ["front"] };
    const eve = { id: "eve", name: "Eve", pin: "047110", doors: ["front", "back"] };
    const refused = await apply([bob, eve]);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(
      /line \d+: Somebody else at one of these doors has the pin of eve\. Give one of them another\./,
    );
    expect(await apply([bob, { ...eve, doors: ["back"] }])).toMatchObject({ code: 0 });
    expect(await apply([{ ...bob, cards: ["02B775D2", "02B775D3"] }])).toMatchObject({ code: 0 });
    expect((await apply([{ ...bob, cards: ["02B775D3", "02B775D2"] }])).out).toContain("changes person bob");
    expect((await apply([{ ...bob, cards: ["02B775D3", "02B775D2"] }])).out).toBe("Nothing changes.\n");
  });

  test("orders that cannot be meant are refused before a broker is called", async () => {
    expectMisuse(await issuer("open", "front", "--site", "hof"), "The site has no controllers yet.");
    for (const verb of ["open", "lock", "unlock", "block", "doublelock", "hold", "unhold"])
      expectMisuse(await issuer(verb, "front", "garage", "--site", "hof"), `"${verb}" takes one door`);
    expectMisuse(await issuer("lockdown", "--site", "hof"), "The site has no controllers yet.");
    expectMisuse(await issuer("lockdown", "cellar", "--site", "hof"), "The site has no controllers yet.");
    expectRefusal(
      await issuer("revoke", "person", "nobody", "--site", "hof"),
      'postern issuer: There is no person "nobody" at hof; "postern issuer directory list" shows all.',
    );
    expectMisuse(await issuer("lockdown", "--for", "soon", "--site", "hof"), "--for takes a time");
    for (const words of [
      [],
      ["door", "front"],
      ["forced", "front", "garage"],
      ["fire", "front"],
      ["constructor", "front"],
    ])
      expectMisuse(await issuer("clear", ...words, "--site", "hof"), 'Say what is cleared: "clear fire"');
    expectMisuse(await issuer("revoke", "person", "ana", "ben", "--site", "hof"), "Say what is revoked");
    for (const verb of ["sync", "restart", "logs", "identify"])
      expectMisuse(await issuer(verb, "gate-1", "--site", "hof"), `"${verb}" takes no word`);
    expectMisuse(
      await issuer("revoke", "door", "front", "--site", "hof"),
      'Say what is revoked: "revoke person|pass|credential ID"',
    );
    expectMisuse(await issuer("controllers", "add", "Gate 1", "--site", "hof"), "A controller's name");
    expectMisuse(await issuer("controllers", "add", "gate-1", "--sign-key", "x", "--site", "hof"), "--sign-key takes");
  });

  test("a key that makes passes for doors of two controllers is published with a warning, a signed one without", async () => {
    const keys = [`--sign-key=${rawKey("ed25519")}`, `--seal-key=${rawKey("x25519")}`];
    const store = await openStore(folder, { postgres: null });
    for (const [n, name] of ["gate-1", "gate-2"].entries()) {
      expect(await issuer("controllers", "add", name, ...keys, "--site", "hof")).toMatchObject({ code: 0 });
      const heard = { at: 1, epoch: 1, seq: 1, seenAt: 1, aheadMs: 0, text: "{}", boot: "boot", directory: 0 };
      await store.fleet.heardState({ site: "hof", controller: name }, { ...heard, doors: [`door-${n}`] });
    }
    await store.close();
    const make = (key: string, form: string) =>
      issuer("keys", "new", key, "--form", form, "--place", "door-0,door-1", "--zone", "Europe/Berlin");
    await make("desk", "mac");
    await make("cloud", "signed");
    const warned = await issuer("keys", "publish", "desk", "--site", "hof");
    expect(warned).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^WARNING: .* goes to 2 controllers \(gate-1, gate-2\).*the form signed/),
    });
    expect(await issuer("keys", "publish", "cloud", "--site", "hof")).toMatchObject({ code: 0, err: "" });
  });

  test("of two folders that made a key of one name or number only the first publishes it", async () => {
    const other = join(root, "other");
    cpSync(folder, other, { recursive: true, filter: (path) => !/pass-keys|issuer\.db/.test(path) });
    symlinkSync(join(folder, "issuer.db"), join(other, "issuer.db"));
    const there = (...words: readonly string[]) =>
      runPostern(["issuer", ...words, "--folder", other, ...(words[1] === "publish" ? ["--site", "hof"] : [])]);
    const make = ["--form", "mac", "--place", "front", "--zone", "Europe/Berlin"];
    await issuer("keys", "new", "numbered", ...make, "--number", "77");
    expect(await issuer("keys", "publish", "numbered", "--site", "hof")).toMatchObject({ code: 0 });
    await there("keys", "new", "numbered", ...make, "--number", "78");
    await there("keys", "new", "also", ...make, "--number", "77");
    const says =
      "postern issuer: Another key numbered is published, from another folder; make this one anew under another name.";
    expectRefusal(await there("keys", "publish", "numbered"), says);
    const saysToo =
      "postern issuer: The key numbered is published with the number 77; make this one anew with --number.";
    expectRefusal(await there("keys", "publish", "also"), saysToo);
    expect(await issuer("keys", "publish", "numbered", "--revoke", "3", "--site", "hof")).toMatchObject({ code: 0 });
  });

  test("of two copies of the folder one has to get the keys that the other changed, and says so until then", async () => {
    const other = join(root, "second");
    cpSync(folder, other, { recursive: true, filter: (path) => !path.includes("issuer.db") });
    symlinkSync(join(folder, "issuer.db"), join(other, "issuer.db"));
    const there = (...words: readonly string[]) =>
      runPostern(["issuer", ...words, "--folder", other, "--site", "other"]);
    expect(await there("controllers")).toMatchObject({ code: 0 });
    expect(await issuer("rotate", "begin", "--site", "other")).toMatchObject({ code: 0, err: "" });
    expect(await there("controllers")).toMatchObject({ code: 0 });
    expect(await there("rotate", "begin")).toMatchObject({
      code: 1,
      err: expect.stringMatching(/go on where it was begun/),
    });
    expect(await issuer("rotate", "finish", "--site", "other")).toMatchObject({ code: 0, err: "" });
    const refused =
      /^postern issuer: The keys of other in this folder \(\w{16}\) are not those that count \(\w{16}\): copy sites\/other from/;
    for (const words of [["controllers"], ["rotate", "begin"], ["directory", "list"], ["open", "front"]])
      expect(await there(...words)).toMatchObject({ code: 1, err: expect.stringMatching(refused) });
    cpSync(join(folder, "sites"), join(other, "sites"), { recursive: true });
    expect(await there("controllers")).toMatchObject({ code: 0, err: "" });
    expect(await there("rotate", "begin")).toMatchObject({ code: 0, err: "" });
  });

  test("a folder that was copied makes no pass until its key is moved there", async () => {
    const copy = join(root, "copied");
    await issuer("keys", "new", "copied", "--form", "mac", "--place", "front", "--zone", "Europe/Berlin");
    cpSync(folder, copy, { recursive: true });
    const there = (...words: readonly string[]) => runPostern(["issuer", ...words, "--folder", copy]);
    const refused = await there("pass", "new", "copied", "--for", "2h");
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("was copied here from another folder") });
    expectMisuse(await there("keys", "move", "copied"), "Say with --after which serial was the last");
    expect(await there("keys", "move", "copied", "--after", "41")).toMatchObject({ code: 0, err: "" });
    expect((await there("pass", "new", "copied", "--for", "2h")).out).toMatch(/^Pass \d+\.42: /);
    expect((await issuer("pass", "new", "copied", "--for", "2h")).out).toMatch(/^Pass \d+\.1: /);
  });

  test("a serial of another key takes nothing back, one that was not given out yet is warned of, and what was taken back is said", async () => {
    await issuer("keys", "new", "porter", "--form", "mac", "--place", "front", "--zone", "Europe/Berlin");
    const [, number] = /^Pass (\d+)\.1: /.exec((await issuer("pass", "new", "porter", "--for", "2h")).out) ?? [];
    const publish = (...words: readonly string[]) => issuer("keys", "publish", "porter", ...words, "--site", "hof");
    const other = `${Number(number) + 1}.1`;
    const says = `${other} is of the key with the number ${Number(number) + 1}, but "porter" has the number ${number}.`;
    expectMisuse(await publish("--revoke", other), says);
    expectMisuse(await publish("--revoke-up-to", other), says);
    expectMisuse(await issuer("pass", "new", "porter", "--for", "2h", "--revoke", other), says);
    expect((await publish("--revoke", `${number}.1`)).out).toContain(`Revoked of it: ${number}.1.\n`);
    expect(await publish("--revoke", "99")).toMatchObject({
      code: 0,
      err: expect.stringContaining(`WARNING: ${number}.99 was not given out here yet`),
    });
  });

  test("a picture that cannot be written costs no pass", async () => {
    const taken = join(root, "taken.png");
    writeFileSync(taken, "somebody's");
    await issuer("keys", "new", "painter", "--form", "mac", "--place", "front", "--zone", "Europe/Berlin");
    const draw = (file: string) => issuer("pass", "new", "painter", "--for", "2h", "--picture", file);
    expectMisuse(await draw(taken), `${taken} is there already; name another file, or remove it.`);
    expectMisuse(await draw(join(root, "c.jpg")), "must end in .png or .svg");
    expectMisuse(await draw(join(root, "nowhere", "c.png")), "name a folder that is there and yours");
    const made = await draw(join(root, "made.png"));
    expect(made).toMatchObject({ code: 0, out: expect.stringMatching(/^Pass \d+\.1: /) });
    expect(readFileSync(join(root, "made.png")).subarray(1, 4).toString()).toBe("PNG");
  });

  test("drift does not call anything in step that no worker looks after, and says since when none does", async () => {
    const { folder: own, issuer: there } = folderFor();
    await there("init", "--site", "yard", ...broker);
    const keys = [`--sign-key=${rawKey("ed25519")}`, `--seal-key=${rawKey("x25519")}`];
    await there("controllers", "add", "gate", ...keys);
    const store = await openStore(own, { postgres: null });
    const doors = [{ door: "front" }];
    const said = { at: 1, epoch: 1, seq: 0, text: JSON.stringify({ epoch: 1, seq: 0, doors }), boot: "boot" };
    const directory = (await store.sites.list())[0]!.version + 1;
    const heard = { ...said, seenAt: Date.now(), aheadMs: 0, doors: ["front"], directory };
    await store.fleet.heardState({ site: "yard", controller: "gate" }, heard);
    expect(await there("drift")).toMatchObject({ code: 1, out: expect.stringContaining("No worker has run yet") });
    await store.leases.renew("worker", 60_000);
    expect(await there("drift")).toMatchObject({ code: 0, out: expect.stringContaining("All 1 are in step.\n") });
    await store.leases.release("worker");
    const dead = await there("drift");
    expect(dead.code).toBe(1);
    expect(dead.out).toMatch(/was connected.*1 of 1 are not in step\.\nNo worker has run since 20\S+Z; what stands/s);
    expect(JSON.parse((await there("drift", "--json")).out)).toMatchObject([{ hasWorker: false, inStep: false }]);
    await store.close();
  });

  test("keys that others may read are refused", async () => {
    const key = join(folder, "sites", "hof", "secrets.key");
    chmodSync(key, 0o644);
    const { code, err } = await issuer("directory", "list", "--site", "hof");
    chmodSync(key, 0o600);
    expect({ code, err }).toEqual({ code: 1, err: `postern issuer: Others may read ${key}; set its mode to 0600.\n` });
    expect(stackOf(err)).toBeNull();
  });
});
