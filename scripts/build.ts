// Builds dist/, which is what devices and scripts/run start: compiled TypeScript, the panel's files beside its server.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const tsc = join(root, "node_modules/typescript/bin/tsc");

rmSync(join(root, "dist"), { recursive: true, force: true });
for (const project of ["tsconfig.json", "src/office/console/panel/tsconfig.json"]) {
  execFileSync(process.execPath, [tsc, "-p", join(root, project)], { stdio: "inherit" });
}
for (const asset of globSync("src/office/console/panel/*.{html,css,svg}", { cwd: root })) {
  const target = join(root, "dist", asset);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(join(root, asset), target);
}
chmodSync(join(root, "dist/src/cli/postern.js"), 0o755);
for (const file of ["package.json", "config.example.json"]) copyFileSync(join(root, file), join(root, "dist", file));
mkdirSync(join(root, "dist/broker"));
for (const file of ["mosquitto.conf", "acl"]) copyFileSync(join(root, "broker", file), join(root, "dist/broker", file));
const code = createHash("sha256");
for (const file of globSync("dist/**/*.js", { cwd: root }).sort()) code.update(readFileSync(join(root, file)));
// Tells one build's code from another's; written last, because its time says that the build is complete.
writeFileSync(join(root, "dist/.built"), code.digest("hex"));
