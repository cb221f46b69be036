// Turns what the schema objects to into sentences with a remedy; knows no line and no other setting.
import type { z } from "zod";
import { nearest } from "./nearest.ts";
import type { Finding, Step } from "./problem.ts";
import { pathText, shortValue } from "./problem.ts";
import type { SchemaNode } from "./published-schema.ts";
import { adviceOf, choiceTexts, isKind, nodeAt, own } from "./published-schema.ts";

type Issue = z.core.$ZodIssue;

/** One mistake gives one finding: a mistyped key is not also a missing one. */
export function schemaFindings(issues: readonly Issue[], file: unknown): readonly Finding[] {
  const meant = new Set<string>();
  const findings: Finding[] = [];
  for (const issue of issues) {
    if (issue.code === "unrecognized_keys") findings.push(...unknownKeys(issue, file, meant));
  }
  for (const issue of issues) {
    const steps = stepsOf(issue);
    if (issue.code === "unrecognized_keys") continue;
    const value = valueAt(steps, file);
    if (value === undefined && meant.has(pathText(steps))) continue;
    findings.push({ steps, value, ...sentenceOf(issue, value, nodeAt(steps, file) ?? {}, steps.at(-1)) });
  }
  return findings;
}

export function valueAt(steps: readonly Step[], file: unknown): unknown {
  return steps.reduce<unknown>(own, file);
}

function stepsOf(issue: Issue): readonly Step[] {
  return issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
}

function unknownKeys(issue: z.core.$ZodIssueUnrecognizedKeys, file: unknown, meant: Set<string>): readonly Finding[] {
  const parent = stepsOf(issue);
  const object = valueAt(parent, file);
  const known = Object.keys(nodeAt(parent, file)?.properties ?? {});
  const free = known.filter((key) => own(object, key) === undefined);
  return issue.keys.map((key) => {
    const guess = /^(?:\W|_|comments?$|notes?$)/i.test(key) ? null : nearest(key, free);
    if (guess !== null) meant.add(pathText([...parent, guess]));
    const remedy =
      guess === null ? `Remove it; known here: ${known.join(", ")}.` : `Did you mean ${shortValue(guess)}?`;
    const problem = `Postern knows no setting ${shortValue(key)} here.`;
    return { steps: [...parent, key], value: own(object, key), problem, remedy };
  });
}

function sentenceOf(issue: Issue, value: unknown, node: SchemaNode, last: Step | undefined) {
  const advice = adviceOf(node);
  if (value === undefined) {
    const choice = issue.code === "invalid_union" ? wrongChoice(value, issue, node).remedy : advice;
    return { problem: `${shortValue(last)} is missing.`, remedy: `Add it. ${choice}` };
  }
  if (issue.code === "invalid_type") return wrongType(value, node, advice);
  if (issue.code === "invalid_value" || issue.code === "invalid_union") return wrongChoice(value, issue, node);
  if (issue.code === "too_small" || issue.code === "too_big")
    return { problem: wrongSize(issue, value), remedy: advice };
  return { problem: `This is not a valid ${node.title ?? "value"}.`, remedy: advice };
}

function wrongType(value: unknown, node: SchemaNode, advice: string) {
  if (typeof value === "number" && isKind(node, "integer")) {
    return { problem: Number.isFinite(value) ? wrongNumber(value) : "This number is too large.", remedy: advice };
  }
  const problem = `This is ${kindOf(value)} where ${belongingTo(node)} belongs.`;
  const quoted = typeof value === "string" && /^(?:-?\d+|true|false|null)$/.test(value) && !isKind(node, "string");
  return { problem, remedy: quoted ? `Write it without quotes. ${advice}` : advice };
}

function wrongNumber(value: number): string {
  return Number.isInteger(value) ? "This number is too large." : "This is not a whole number.";
}

function wrongChoice(value: unknown, issue: Issue, node: SchemaNode) {
  if (node.const === true) {
    return { problem: "This can only be true.", remedy: "Write true, or leave out what it stands in." };
  }
  const choices = issue.code === "invalid_union" ? unionChoices(issue) : choiceTexts(node);
  const guess = typeof value === "string" ? nearest(value, choices) : null;
  const remedy = `Write ${(choices.length > 0 ? choices : (node.enum ?? [])).map(shortValue).join(" or ")}.`;
  return {
    problem: "This is not one of the choices.",
    remedy: guess === null || choices.length === 1 ? remedy : `Did you mean ${shortValue(guess)}? ${remedy}`,
  };
}

function unionChoices(issue: z.core.$ZodIssueInvalidUnion): readonly string[] {
  return "options" in issue && Array.isArray(issue.options) ? issue.options.map(String) : [];
}

function wrongSize(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig, value: unknown): string {
  const small = issue.code === "too_small";
  const limit = small ? `at least ${issue.minimum} are needed` : `at most ${issue.maximum} fit`;
  if (Array.isArray(value)) return `This list has ${value.length} entries; ${limit}.`;
  if (typeof value === "string") return `This text has ${value.length} characters; ${limit}.`;
  return `This number is too ${small ? "small" : "large"}.`;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  const kinds: Readonly<Record<string, string>> = { string: "text", number: "a number", boolean: "true or false" };
  return kinds[typeof value] ?? "an object";
}

function belongingTo(node: SchemaNode): string {
  if (isKind(node, "integer")) return "a whole number";
  if (isKind(node, "boolean")) return "true or false";
  if (isKind(node, "array")) return "a list";
  if (isKind(node, "object") || node.oneOf !== undefined) return "an object";
  return "text";
}
