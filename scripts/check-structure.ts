// Fails the build when imports run the wrong way, a file outgrows its subject, or code is reached by nothing.
import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const root = join(import.meta.dirname, "..");
const maxFileLines = 400;

/** Who may import what; a folder may always import itself. `npm` and `node` stand for packages and built-in modules. */
const mayImport: Record<string, readonly string[]> = {
  "src/domain": [],
  hal: ["node", "npm"],
  "src/doorloop": ["src/domain", "hal/board.ts", "hal/clock.ts"],
  "src/rescue": ["src/domain", "hal/board.ts", "hal/clock.ts"],
  "src/ledger": ["src/domain", "node", "npm"],
  "src/link": ["src/domain", "node", "npm"],
  "src/office": ["src/domain", "src/link", "node", "npm"],
  "src/issuer": ["src/domain", "src/link", "node", "npm"],
  "src/config": ["src/domain", "node", "npm"],
  "src/ops": ["src/domain", "node", "npm"],
  "src/exchange": ["src/domain", "node", "npm"],
  "src/cli": ["src", "hal", "node", "npm"],
  "src/main.ts": ["src", "hal", "node", "npm"],
  "src/controller.ts": ["src", "hal", "node", "npm"],
  "src/office-opening.ts": ["src", "hal", "node", "npm"],
  "src/site-wires.ts": ["src", "hal", "node"],
  "src/site-time.ts": ["src", "hal"],
  "src/site-questions.ts": ["src", "hal"],
  "src/directory-watching.ts": ["src", "node"],
  "src/directory-applying.ts": ["src", "node"],
};
/** Started by name, not imported. */
const entries = [
  "src/cli/postern.ts",
  "src/config/print-schema.ts",
  "src/exchange/print-directory-schema.ts",
  "src/link/print-asyncapi.ts",
  "src/ledger/copy-worker.ts",
  "hal/linux/pcsc/child.ts",
  "hal/linux/qr/decode-worker.ts",
  "hal/linux/gpio/wait-thread.ts",
  "src/office/console/panel/panel.ts",
  "src/office/console/panel/login.ts",
];
const bannedNames = /(^|\/)(utils?|helpers?|common|types|misc|index)\.ts$/;
const impure =
  /\b(new Date|Date\.(now|parse|UTC)|set(Timeout|Interval|Immediate)|process\.|Math\.random|performance\.)/;

const files = globSync(["src/**/*.ts", "hal/**/*.ts"], { cwd: root }).sort();
const problems: string[] = [];
const importedBy = new Map<string, string[]>();
const exportsOf = new Map<string, string[]>();
const textOf = new Map(files.map((file) => [file, readFileSync(join(root, file), "utf8")]));

const areaOf = (file: string): string =>
  Object.keys(mayImport).find((area) => file === area || file.startsWith(`${area}/`)) ?? "";

function kindOf(specifier: string, from: string): string {
  if (specifier.startsWith("node:")) return "node";
  if (!specifier.startsWith(".")) return "npm";
  return relative(root, join(root, dirname(from), specifier));
}

function checkImport(file: string, specifier: string): void {
  const target = kindOf(specifier, file);
  const area = areaOf(file);
  if (target.endsWith(".ts")) importedBy.set(target, [...(importedBy.get(target) ?? []), file]);
  const allowed = mayImport[area] ?? [];
  const own = area !== "" && target.startsWith(`${area}/`);
  if (own || allowed.some((one) => target === one || target.startsWith(`${one}/`))) return;
  problems.push(`${file}: must not import ${specifier}; ${area} may import ${allowed.join(", ") || "nothing"}.`);
}

for (const [file, text] of textOf) {
  const lines = text.split("\n").length;
  if (lines > maxFileLines) problems.push(`${file}: ${lines} lines; past ${maxFileLines} it is two subjects.`);
  if (bannedNames.test(file)) problems.push(`${file}: name it after what is in it.`);
  if (!text.replace(/^#!.*\n/, "").startsWith("//"))
    problems.push(`${file}: open with one sentence on what it is for.`);
  if (areaOf(file) === "src/domain" && impure.test(text.replace(/^\s*(\/\/|\*|\/\*\*).*$/gm, ""))) {
    problems.push(`${file}: the domain knows no clock, timer, process or chance.`);
  }
  for (const [, specifier = ""] of text.matchAll(/(?:from|import)\s*\(?\s*"([^"]+)"/g)) checkImport(file, specifier);
  const names = [...text.matchAll(/^export (?:async )?(?:const|function|class|interface|type)\s+(\w+)/gm)];
  exportsOf.set(
    file,
    names.map(([, name = ""]) => name),
  );
}

for (const file of files) {
  const reached = entries.includes(file) || (importedBy.get(file) ?? []).length > 0;
  if (!reached) problems.push(`${file}: nothing imports it; delete it.`);
}

const everything = [
  ...textOf.values(),
  ...globSync(["test/**/*.ts", "scripts/**/*.ts"], { cwd: root }).map((file) => readFileSync(join(root, file), "utf8")),
];
for (const [file, names] of exportsOf) {
  for (const name of names) {
    const uses = everything.reduce((sum, text) => sum + text.split(new RegExp(`\\b${name}\\b`)).length - 1, 0);
    if (uses < 2) problems.push(`${file}: ${name} is used nowhere; delete it.`);
  }
}

for (const document of ["README.md", ...globSync("docs/*.md", { cwd: root })]) {
  for (const [cited = ""] of readFileSync(join(root, document), "utf8").matchAll(
    /(?<![\w/.-])(?:test|scripts|src|hal|docs)\/[\w./-]*\w/g,
  )) {
    if (!existsSync(join(root, cited))) problems.push(`${document}: cites ${cited}, which is not there.`);
  }
}

for (const problem of problems) console.error(problem);
if (problems.length > 0) {
  console.error(`${problems.length} structure problems.`);
  process.exit(1);
}
