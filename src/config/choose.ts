// Picks the configuration that a site runs on: the installer's file, or the last accepted one when that is bad; writes nothing.
import { acceptedFile } from "./accepted.ts";
import type { ConfigFileReading } from "./load.ts";
import { readConfigFile } from "./load.ts";
import type { ConfigProblem } from "./problem.ts";
import type { Config } from "./schema.ts";

export type ConfigChoice =
  | {
      readonly kind: "file";
      readonly config: Config;
      readonly text: string;
      readonly warnings: readonly ConfigProblem[];
    }
  /** The file is refused for these problems; the site goes on as it was. */
  | {
      readonly kind: "accepted";
      readonly config: Config;
      readonly text: string;
      readonly problems: readonly ConfigProblem[];
    }
  /** Nor is there a usable copy, for the problems in `accepted`: on a first start, that it is missing. */
  | {
      readonly kind: "none";
      readonly problems: readonly ConfigProblem[];
      readonly accepted: readonly ConfigProblem[];
    };

export function chooseConfig(file: string, stateDir: string): ConfigChoice {
  const reading = readConfigFile(file);
  if (reading.ok) return { kind: "file", config: reading.config, text: reading.text, warnings: reading.warnings };
  const accepted = loadAccepted(stateDir);
  if (!accepted.ok) return { kind: "none", problems: reading.problems, accepted: accepted.problems };
  return { kind: "accepted", config: accepted.config, text: accepted.text, problems: reading.problems };
}

export function loadAccepted(stateDir: string): ConfigFileReading {
  return readConfigFile(acceptedFile(stateDir));
}
