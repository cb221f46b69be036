// Options that several subcommands share, and their defaults.
import { resolve } from "node:path";
import type { StatePaths } from "../ops/state-paths.ts";
import { statePaths } from "../ops/state-paths.ts";
import { Misuse } from "./misuse.ts";

export const stateOption = { state: { type: "string", default: "var" }, keys: { type: "string" } } as const;

export interface StateValues {
  readonly state: string;
  readonly keys?: string | undefined;
}

export const pathsOf = (values: StateValues): StatePaths =>
  statePaths(resolve(values.state), values.keys === undefined ? null : resolve(values.keys));

/** The one word that a command takes besides its options. */
export function onlyWord(positionals: readonly string[], what: string): string {
  const [word, ...more] = positionals;
  if (word === undefined || word === "") throw new Misuse(`Name ${what}.`);
  if (more.length > 0) throw new Misuse(`Name ${what}, and no more than one; quote what has spaces.`);
  return word;
}

/** Beyond so many, whole commands would hide the word that is looked for. */
const mostQuoted = 8;

export function noSuchVerb(command: string, verb: string | undefined, verbs: readonly string[]): Misuse {
  const said = verb === undefined ? "Say what to do" : `There is no "postern ${command} ${verb}"`;
  if (verbs.length > mostQuoted) return new Misuse(`${said}; "postern ${command}" takes ${verbs.join(", ")}.`);
  const choice = verbs.map((one) => `"postern ${command} ${one}"`).join(", ");
  return new Misuse(`${said}; there are ${choice}.`);
}
