// Lists the files of the packages that the product needs where it runs, by the lock file: none that is for development only.
import { existsSync, globSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
  packages: Record<string, { dev?: boolean }>;
};
for (const [path, { dev }] of Object.entries(packages)) {
  if (path === "" || dev === true || !existsSync(join(root, path))) continue;
  const files = globSync("**/*", { cwd: join(root, path), exclude: (name) => name === "node_modules" });
  for (const file of files) if (statSync(join(root, path, file)).isFile()) console.log(join(path, file));
}
