// Loaded before the product: makes its simulated board fail to open as often as the file named in POSTERN_TEST_FAILURES says.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const file = process.env.POSTERN_TEST_FAILURES ?? "";
const makeFolder = fs.mkdtempSync;

fs.mkdtempSync = (prefix, ...rest) => {
  const left = fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0;
  if (left === 0 || !String(prefix).endsWith("/.s-")) return makeFolder(prefix, ...rest);
  fs.writeFileSync(file, String(left - 1));
  throw new Error("the board was unplugged");
};
syncBuiltinESMExports();
