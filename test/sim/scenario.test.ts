// Plays the stories in `scenarios/` through the whole controller, in the way of `postern sim play`.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test, vi } from "vitest";
import { sim } from "../../src/cli/sim.ts";

const folder = join(import.meta.dirname, "scenarios");
const own = mkdtempSync(join(tmpdir(), "postern-scenario-"));

afterAll(() => rmSync(own, { recursive: true }));

async function play(file: string): Promise<{ code: number; out: string; err: string }> {
  const lines = { log: [] as string[], error: [] as string[] };
  const log = vi.spyOn(console, "log").mockImplementation((line: string) => void lines.log.push(line));
  const error = vi.spyOn(console, "error").mockImplementation((line: string) => void lines.error.push(line));
  try {
    const code = await sim(["play", file]);
    return { code, out: lines.log.join("\n"), err: lines.error.join("\n") };
  } finally {
    log.mockRestore();
    error.mockRestore();
  }
}

function written(story: string): string {
  const file = join(own, "story.txt");
  writeFileSync(file, story);
  return file;
}

test.for(readdirSync(folder).sort())("the story %s goes as told", async (name) => {
  const { code, out, err } = await play(join(folder, name));
  expect(err).toBe("");
  expect(code).toBe(0);
  expect(out).toContain(`${name}: as told.`);
});

test("a story that goes otherwise is told by its lines", async () => {
  const file = written(`tap front-reader 00AF518C
expect relay front-strike released
controller expect access.denied
controller expect no access.granted person=sample-ana
controller expect access.granted person=sample-ana
controller expect access.granted person=sample-ana
+6s expect relay front-strike released
`);
  const { code, out, err } = await play(file);
  expect(code).toBe(1);
  expect(err.split("\n")).toEqual([
    `${file}:2: Relay front-strike is energized, expected released.`,
    expect.stringMatching(/:3: No event "access.denied" since event 0\.$/),
    expect.stringMatching(/:4: Event \d+ is "access.granted person=sample-ana"\.$/),
    expect.stringMatching(/:6: No event "access.granted person=sample-ana" since event \d+\.$/),
  ]);
  expect(out).not.toContain("as told");
});

test.for([
  "controller dance",
  "controller clear",
  "controller clear forced",
  "controller clear fire now",
  "controller lose door",
  "controller lose ledger twice",
  "controller stick ledger",
  "controller stick ledger soon",
  "controller expect",
  "controller expect no",
  "controller expect access.granted ana",
])("%j is refused with what a controller may be told", async (line) => {
  const { code, err } = await play(written(`${line}\n`));
  expect(code).toBe(1);
  expect(err).toMatch(/:1: A controller is told: .+\.$/);
});

test.for([
  ["controller clear fire", /There is no fire alarm to clear\./],
  ["controller clear forced front", /Front door has no forced-door alarm to clear\./],
  ["controller clear forced cellar", /There is no door "cellar"\./],
  ["controller find ledger", /The ledger is there already\./],
  ["controller lose ledger\ncontroller lose ledger", /:2: The ledger is away already\./],
  ["controller", /:1: Write it as: controller <what it is told>\./],
] as const)("%j fails in one sentence", async ([story, problem]) => {
  const { code, err } = await play(written(story));
  expect(code).toBe(1);
  expect(err).toMatch(problem);
});
