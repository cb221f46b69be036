// Options that several subcommands share, and their defaults.
import { resolve } from "node:path";
import type { StatePaths } from "../ops/state-paths.ts";
import { statePaths } from "../ops/state-paths.ts";

export const stateOption = { state: { type: "string", default: "var" }, keys: { type: "string" } } as const;

export const pathsOf = (values: { state: string; keys?: string | undefined }): StatePaths =>
  statePaths(resolve(values.state), values.keys === undefined ? null : resolve(values.keys));
