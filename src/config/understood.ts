// Remembers how the accepted configuration was understood, so that a start with the same file needs neither the schema nor
// the checks, which take longer to load than everything else at the doors; knows no setting.
import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync, readSync } from "node:fs";
import { rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { acceptedFile } from "./accepted.ts";
import type { Config } from "./schema.ts";

const fileName = "understood-config.json";

export interface Understood {
  readonly kind: "recalled";
  readonly config: Config;
  readonly text: string;
}

/** Null unless the file is the accepted one to the last byte, and the same build has read it before. */
export function recallUnderstood(file: string, stateDir: string, build: string | null): Understood | null {
  if (build === null) return null;
  try {
    const text = readFileSync(acceptedFile(stateDir));
    if (!isSame(file, text)) return null;
    const known = readFileSync(join(stateDir, fileName), "utf8");
    const body = known.slice(known.indexOf("\n") + 1);
    if (known !== sealed(build, text, body)) return null;
    return { kind: "recalled", config: JSON.parse(body) as Config, text: text.toString("utf8") };
  } catch {
    return null;
  }
}

/** Without it the next start takes longer, and that is all. */
export async function saveUnderstood(
  stateDir: string,
  build: string | null,
  text: string,
  config: Config,
): Promise<void> {
  if (build === null) return;
  const draft = join(stateDir, `${fileName}.new`);
  await writeFile(draft, sealed(build, Buffer.from(text), JSON.stringify(config)), { mode: 0o600 });
  await rename(draft, join(stateDir, fileName));
}

/** What was cut off or edited, or understood by other code, does not bear the right first line. */
function sealed(build: string, text: Buffer, body: string): string {
  const seal = createHash("sha256").update(`${build}\n${text.length}\n`).update(text).update(body);
  return `${seal.digest("hex")}\n${body}`;
}

/** Reads no more than it compares: what else the file may be is for the schema's reader to say. */
function isSame(file: string, text: Buffer): boolean {
  const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const stat = fstatSync(handle);
    if (!stat.isFile() || stat.size !== text.length) return false;
    const bytes = Buffer.alloc(text.length + 1);
    let length = 0;
    for (let got = -1; got !== 0 && length < bytes.length; length += got) {
      got = readSync(handle, bytes, length, bytes.length - length, null);
    }
    return text.equals(bytes.subarray(0, length));
  } finally {
    closeSync(handle);
  }
}
