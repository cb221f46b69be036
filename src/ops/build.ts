// Which Postern this is: its version, and what tells its very code from another build's.
import { existsSync, readFileSync } from "node:fs";

const packageFile = new URL("../../package.json", import.meta.url);
const stampFile = new URL("../../.built", import.meta.url);

export const { version } = JSON.parse(readFileSync(packageFile, "utf8")) as { readonly version: string };
/** Null where the sources themselves run. */
export const buildStamp = (existsSync(stampFile) && readFileSync(stampFile, "utf8")) || null;
