import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { directorySchemaText } from "../../src/exchange/directory-schema.ts";

interface Node {
  readonly description?: string;
  readonly type?: unknown;
  readonly additionalProperties?: unknown;
  readonly maxItems?: number;
  readonly properties?: Readonly<Record<string, Node>>;
  readonly items?: Node;
  readonly anyOf?: readonly Node[];
  readonly oneOf?: readonly Node[];
}

const committed = readFileSync(new URL("../../directory.schema.json", import.meta.url), "utf8");

function nodesOf(node: Node, path = ""): readonly (readonly [string, Node])[] {
  const below = [
    ...Object.entries(node.properties ?? {}).map(([key, child]) => [`${path}.${key}`, child] as const),
    ...[node.items ?? []].flat().map((child) => [`${path}[]`, child] as const),
    ...[...(node.oneOf ?? []), ...(node.anyOf ?? [])].map((child, n) => [`${path}<${n}>`, child] as const),
  ];
  return [[path, node], ...below.flatMap(([name, child]) => nodesOf(child, name))];
}

test("directory.schema.json is what the code publishes (`npm run schema` writes it anew)", () => {
  expect(committed).toBe(directorySchemaText());
});

test("every member carries a help text, every object is closed, every list has its limit", () => {
  for (const [path, node] of nodesOf(JSON.parse(committed) as Node)) {
    if (/\.[$\w]+$/.test(path)) expect([path, typeof node.description]).toEqual([path, "string"]);
    if (node.properties !== undefined) expect([path, node.additionalProperties]).toEqual([path, false]);
    if (node.type === "array") expect([path, typeof node.maxItems]).toEqual([path, "number"]);
  }
});
