import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { SchemaNode } from "../../src/config/published-schema.ts";
import { publishedSchema, publishedSchemaText } from "../../src/config/published-schema.ts";

const committed = readFileSync(new URL("../../config.schema.json", import.meta.url), "utf8");

test("config.schema.json is what the code publishes (`npm run schema` writes it anew)", () => {
  expect(committed).toBe(publishedSchemaText());
});

function nodesOf(node: SchemaNode, path = ""): readonly (readonly [string, SchemaNode])[] {
  const below = [
    ...Object.entries(node.properties ?? {}).map(([key, child]) => [`${path}.${key}`, child] as const),
    ...[node.items ?? []].flat().map((child) => [`${path}[]`, child] as const),
    ...[...(node.oneOf ?? []), ...(node.anyOf ?? [])].map((child, n) => [`${path}<${n}>`, child] as const),
  ];
  return [[path, node], ...below.flatMap(([name, child]) => nodesOf(child, name))];
}

test("every setting carries a help text for editors", () => {
  const silent = nodesOf(publishedSchema()).filter(
    ([path, node]) => /\.[$\w]+$/.test(path) && node.description === undefined && node.anyOf === undefined,
  );
  expect(silent.map(([path]) => path)).toEqual([]);
});

test("no object takes settings that it does not name, and every number and list has its limits", () => {
  for (const [path, node] of nodesOf(publishedSchema())) {
    if (node.properties !== undefined) expect([path, node.additionalProperties]).toEqual([path, false]);
    if (node.type === "integer")
      expect([path, typeof node.minimum, typeof node.maximum]).toEqual([path, "number", "number"]);
    if (node.type === "array") expect([path, typeof node.maxItems]).toEqual([path, "number"]);
  }
});

test("the lock type has no default, for a wrong guess is dangerous", () => {
  const door = publishedSchema().properties?.["doors"]?.items;
  expect(door?.required).toContain("lock");
  expect(door?.properties?.["lock"]).not.toHaveProperty("default");
});
