// Lists the files of the packages that the product needs where it runs, from the lock file: no package for development.
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const root = process.argv[2];
const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
for (const [path, { dev }] of Object.entries(packages)) {
  if (path === "" || dev === true || !existsSync(join(root, path))) continue;
  for (const file of globSync("**/*", { cwd: join(root, path), exclude: (name) => name === "node_modules" })) {
    if (statSync(join(root, path, file)).isFile()) console.log(join(path, file));
  }
}
