// The issuer's folder: what it runs on, and where the rest lies.
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { Fault } from "../domain/fault.ts";
import { writeWhole } from "../link/whole-file.ts";
import { refuseExposed } from "./private-file.ts";

const path = z.string().min(1).max(1_000).nullable();

const fileSchema = z.strictObject({
  version: z.literal(1),
  broker: z.strictObject({
    url: z.string().min(1).max(300),
    user: z.string().max(200).nullable(),
    passwordFile: path,
    caFile: path,
    certificateFile: path,
    keyFile: path,
  }),
  /** The folder of the authority that the broker believes, for certificates of controllers; null where they have passwords. */
  authority: path,
  /** Null keeps everything in `issuer.db` beside this file. */
  postgres: z.string().min(1).max(1_000).nullable(),
  /** After so many days names go from the events; null keeps them. */
  forgetNamesDays: z.int().min(1).max(36_500).nullable().default(null),
});
export type IssuerFile = z.infer<typeof fileSchema>;

export const issuerPaths = (folder: string) => ({
  file: join(folder, "issuer.json"),
  database: join(folder, "issuer.db"),
  siteFolder: (site: string) => join(folder, "sites", site),
});

export function writeIssuerFile(folder: string, file: IssuerFile): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeWhole(issuerPaths(folder).file, `${JSON.stringify(file, null, 2)}\n`);
}

export function readIssuerFile(folder: string): IssuerFile {
  const { file } = issuerPaths(folder);
  if (!existsSync(file)) {
    throw new Fault(
      "issuer.none",
      `There is no issuer in ${folder}; make one with "postern issuer init", or name its folder with --folder.`,
    );
  }
  refuseExposed(file);
  const parsed = fileSchema.safeParse(parseJson(readFileSync(file, "utf8")));
  if (parsed.success) return parsed.data;
  throw new Fault("issuer.malformed", `${file} is not as "postern issuer init" writes it; restore it or make it anew.`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
