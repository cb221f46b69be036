// Says what the schema found, in sentences that never repeat a value: it might be a secret in the wrong place. Pure.
import type { z } from "zod";
import type { LocatedJson, Path } from "./located-json.ts";
import type { LineProblem } from "./wanted.ts";

type Issue = z.core.$ZodIssue;

export function schemaProblems(issues: readonly Issue[], json: LocatedJson): LineProblem[] {
  return issues.map((issue) => {
    const { path, found } = innermost(issue);
    return { line: json.lineOf(path), ...sentence(found, path) };
  });
}

/** Of several forms that an entry may have, the one that came nearest: whose first mistake lies deepest. */
function innermost(issue: Issue, before: Path = []): { readonly path: Path; readonly found: Issue } {
  const path = [...before, ...(issue.path as Path)];
  if (issue.code !== "invalid_union" || issue.errors.length === 0) return { path, found: issue };
  const tries = issue.errors.flatMap(([first]) => (first === undefined ? [] : [innermost(first, path)]));
  const deepest = tries.toSorted((a, b) => b.path.length - a.path.length)[0];
  return deepest ?? { path, found: issue };
}

function sentence(issue: Issue, path: Path): Omit<LineProblem, "line"> {
  const where = path.length === 0 ? "The file" : `"${path.join(".")}"`;
  switch (issue.code) {
    case "unrecognized_keys":
      return {
        problem: `${where} has something that does not belong there: ${issue.keys.slice(0, 5).map(shortKey).join(", ")}.`,
        remedy: "Remove it, or look for a slip in its name; docs/directory.md lists all names.",
      };
    case "invalid_type":
      return { problem: `${where} is missing or of the wrong kind.`, remedy: `Write ${kindOf(issue.expected)} there.` };
    case "invalid_value":
      return {
        problem: `${where} is none of what it may be.`,
        remedy: `Write one of ${issue.values.map(String).join(", ")}.`,
      };
    case "too_big":
      return { problem: `${where} is too large.`, remedy: `At most ${issue.maximum} is allowed.` };
    case "too_small":
      return { problem: `${where} is too small.`, remedy: `At least ${issue.minimum} is needed.` };
    default:
      return { problem: `${where} is not written as it should be.`, remedy: "docs/directory.md shows how." };
  }
}

const shortKey = (key: string): string => JSON.stringify(key.length > 40 ? `${key.slice(0, 40)}…` : key);

const kinds: Readonly<Record<string, string>> = {
  string: "text in double quotes",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list in [ ]",
  object: "an object in { }",
};

const kindOf = (expected: string): string => kinds[expected] ?? "what docs/directory.md shows";
