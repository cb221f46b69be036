// The schema as editors read it (JSON Schema draft 7), and the advice that it holds for any place in a file.
import { z } from "zod";
import type { Step } from "./problem.ts";
import { shortValue } from "./problem.ts";
import { configSchema } from "./schema.ts";

/** The part of JSON Schema that this schema comes out as. */
export interface SchemaNode {
  readonly type?: string | readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly maxLength?: number;
  readonly patternErrorMessage?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly oneOf?: readonly SchemaNode[];
  readonly anyOf?: readonly SchemaNode[];
}

let published: SchemaNode | null = null;

export function publishedSchema(): SchemaNode {
  published ??= z.toJSONSchema(configSchema, { io: "input", target: "draft-7" }) as SchemaNode;
  return published;
}

export function publishedSchemaText(): string {
  return `${JSON.stringify(publishedSchema(), null, 2)}\n`;
}

/** The node that describes a place in the given file; null where nothing is known. */
export function nodeAt(steps: readonly Step[], file: unknown): SchemaNode | null {
  let node: SchemaNode | null = publishedSchema();
  let value = file;
  for (const step of steps) {
    if (node === null) return null;
    node = below(chosen(node, value), step);
    value = own(value, step);
  }
  return node === null ? null : chosen(node, value);
}

/** What to write at a place that this node describes, as a sentence. */
export function adviceOf(node: SchemaNode): string {
  const orNull = isKind(node, "null") ? ", or null for none" : "";
  if (node.patternErrorMessage !== undefined) return withExample(node.patternErrorMessage, node);
  if (node.enum !== undefined) return `Write ${choicesOf(node)}${orNull}.`;
  if (node.const !== undefined) return `Write ${shortValue(node.const)}.`;
  if (isKind(node, "integer")) {
    return withExample(`Write a whole number from ${node.minimum} to ${node.maximum}${orNull}.`, node);
  }
  if (isKind(node, "boolean")) return "Write true or false.";
  if (isKind(node, "array")) return `Write a list in [ ] with ${node.minItems ?? 0} to ${node.maxItems} entries.`;
  if (isKind(node, "object")) {
    const orNone = node.default === undefined ? "" : ", or leave it out";
    return `Write an object in { }${keysOf(node)}${orNull || orNone}.`;
  }
  if (node.oneOf !== undefined) return `Write an object in { } whose "kind" is ${kindsOf(node)}.`;
  return `Write text in double quotes${orNull}.`;
}

/** The choices of a discriminated union or an enumeration, as texts. */
export function choiceTexts(node: SchemaNode): readonly string[] {
  const choices = node.oneOf?.map((branch) => branch.properties?.["kind"]?.const) ?? node.enum ?? [node.const];
  return choices.filter((choice) => typeof choice === "string");
}

export function isKind(node: SchemaNode, kind: string): boolean {
  return node.type === kind || (Array.isArray(node.type) && node.type.includes(kind));
}

/** What an object or list itself holds under a key: nothing that it inherits. */
export function own(value: unknown, key: Step): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<Step, unknown>)[key];
}

function below(node: SchemaNode, step: Step): SchemaNode | null {
  if (typeof step === "number") return node.items ?? null;
  return Object.hasOwn(node.properties ?? {}, step) ? (node.properties?.[step] ?? null) : null;
}

function chosen(node: SchemaNode, value: unknown): SchemaNode {
  const nonNull = node.anyOf?.find((branch) => branch.type !== "null");
  if (nonNull !== undefined) return { ...nonNull, type: [String(nonNull.type), "null"] };
  return node.oneOf?.find((branch) => branch.properties?.["kind"]?.const === own(value, "kind")) ?? node;
}

function withExample(sentence: string, node: SchemaNode): string {
  const example = node.default ?? node.examples?.[0];
  return example === undefined ? sentence : `${sentence.slice(0, -1)}, such as ${shortValue(example)}.`;
}

function choicesOf(node: SchemaNode): string {
  return (node.enum ?? []).map(shortValue).join(" or ");
}

function kindsOf(node: SchemaNode): string {
  return choiceTexts(node).map(shortValue).join(" or ");
}

function keysOf(node: SchemaNode): string {
  const keys = node.required ?? [];
  return keys.length === 0 ? "" : ` with ${keys.map(shortValue).join(", ")}`;
}
