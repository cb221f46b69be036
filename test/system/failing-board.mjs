// Loaded before the product: makes a recorded board fail to open as often as the file named in POSTERN_TEST_FAILURES says.
import fs from "node:fs";
import { syncBuiltinESMExports } from "node:module";

const file = process.env.POSTERN_TEST_FAILURES ?? "";
const openFile = fs.openSync;

fs.openSync = (path, ...rest) => {
  const left = fs.existsSync(file) ? Number(fs.readFileSync(file, "utf8")) : 0;
  if (left === 0 || !String(path).endsWith("/board.trace")) return openFile(path, ...rest);
  fs.writeFileSync(file, String(left - 1));
  throw new Error("the board was unplugged");
};
syncBuiltinESMExports();
