// The built issuer and a built controller at a real Mosquitto over TLS, each its own process.
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isMosquittoThere } from "../broker/mosquitto.ts";
import { poll } from "../product.ts";
import { createIssuerSite } from "./issuer-site.ts";

const people = {
  schedules: [{ id: "days", name: "Days", windows: [{ days: ["mon"], time: "08:00-18:00" }] }],
  people: [
    { id: "ana-ruiz", name: "Ana Ruiz", pin: "047110", doors: ["front", { door: "garage", schedule: "days" }] },
    { id: "bob", name: "Bob", cards: ["02B775D2"], doors: ["front"] },
  ],
};

test.runIf(isMosquittoThere)(
  "who is put into a directory gets in at a controller that was told of it, and the issuer hears so",
  async () => {
    const site = await createIssuerSite();
    const worker = await site.startWorker();
    const gate = await site.startController("gate-1");
    await poll(async () => (await site.issuer("controllers")).out.includes("connected"), 200);

    const file = join(site.folder, "..", "directory.json");
    writeFileSync(file, JSON.stringify(people));
    const applied = await site.issuer("directory", "apply", file);
    expect(applied).toMatchObject({ code: 0, err: "" });
    expect(applied.out).toContain("adds    person ana-ruiz");
    await poll(async () => (await site.issuer("drift")).code === 0, 200);

    await gate.board.send("keys front-keypad 047110#");
    await poll(async () => (await site.issuer("events", "--json")).out.includes('"access.granted"'), 200);
    const events = (await site.issuer("events", "--json", "--last", "500")).out.trim().split("\n");
    const granted = events.map((line) => JSON.parse(line)).find(({ event }) => event.type === "access.granted");
    expect(granted).toMatchObject({ controller: "gate-1", event: { door: "front" } });
    expect(JSON.stringify(granted.personal)).toContain("Ana Ruiz");

    const opened = await site.issuer("open", "garage", "--by", "tester");
    expect(opened).toMatchObject({ code: 0, out: "gate-1: done.\n", err: "" });
    await poll(async () =>
      (await gate.status()).doors.some(({ door, mode }) => door === "garage" && mode === "accessed"),
    );
    expect((await site.issuer("commands")).out).toMatch(/gate-1 +open +tester +done/);
    const unknown = await site.issuer("open", "cellar", "--controller", "gate-1");
    expect(unknown).toMatchObject({ code: 1, out: "" });
    expect(unknown.err).toContain("gate-1: ");

    const made = await site.issuer(
      "keys",
      "new",
      "desk",
      "--form",
      "code",
      "--place",
      "front",
      "--zone",
      "Europe/Berlin",
    );
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(await site.issuer("keys", "publish", "desk")).toMatchObject({ code: 0, err: "" });
    await poll(async () => (await site.issuer("drift")).code === 0, 200);
    const code = await site.issuer("code", "new", "desk", "--for", "2h");
    const digits = /\b[\d ]{10,}\b/.exec(code.out)?.[0].replaceAll(" ", "") ?? code.out + code.err;
    await gate.board.send(`keys front-keypad ${digits}#`);
    const isGrantedTwice = async () =>
      (await site.issuer("events", "--json")).out.split('"access.granted"').length === 3;
    await poll(isGrantedTwice, 200);

    writeFileSync(file, JSON.stringify({ people: [people.people[1]] }));
    await site.issuer("directory", "apply", file);
    await poll(async () => (await site.issuer("drift")).code === 0, 200);
    await gate.board.send("keys front-keypad 047110#");
    await poll(async () => (await site.issuer("events", "--json")).out.includes('"access.denied"'), 200);
    const drift = await site.issuer("drift");
    expect(drift.out).toContain("All 1 are in step.");
    await worker.kill("SIGTERM");
  },
  120_000,
);

test.runIf(isMosquittoThere)(
  "every order reaches the doors and comes back with what became of it",
  async () => {
    const site = await createIssuerSite();
    await site.startWorker();
    const gate = await site.startController("gate-1");
    await poll(async () => (await site.issuer("controllers")).out.includes("front"), 200);
    const modeOf = async (door: string) => (await gate.status()).doors.find((one) => one.door === door)?.mode;
    const done = async (...words: readonly string[]): Promise<string> => {
      const ended = await site.issuer(...words);
      expect(ended).toMatchObject({ code: 0, err: "" });
      return ended.out;
    };
    await done("lockdown", "--for", "30m");
    expect([await modeOf("front"), await modeOf("garage")]).toEqual(["lockedDown", "lockedDown"]);
    await done("release", "front");
    expect([await modeOf("front"), await modeOf("garage")]).toEqual(["locked", "lockedDown"]);
    await done("release");
    await done("unlock", "front");
    expect(await modeOf("front")).toBe("unlocked");
    await done("lock", "front");
    await done("hold", "garage");
    expect(await modeOf("garage")).toBe("lockedOpen");
    await done("unhold", "garage");
    expect(await done("logs", "--lines", "20")).toContain("console: answers on");
    await done("identify", "--for", "5s");
    await done("sync");
    const restart = await site.issuer("restart");
    expect(restart).toMatchObject({ code: 1, out: "" });
    expect(restart.err).toContain("gate-1: refused: Nobody would start it again");
    const file = join(site.folder, "..", "directory.json");
    writeFileSync(file, JSON.stringify(people));
    await done("directory", "apply", file);
    await poll(async () => (await site.issuer("drift")).code === 0, 200);
    expect(await done("revoke", "person", "ana-ruiz")).toBe("gate-1: done.\n");
    await poll(async () => (await site.issuer("drift")).code === 0, 200);
    await gate.board.send("keys front-keypad 047110#");
    await poll(async () => (await site.issuer("events", "--json")).out.includes('"access.denied"'), 200);
    await poll(async () => (await site.issuer("events", "--last", "200")).out.includes('"what":"identify"'), 200);
  },
  120_000,
);
