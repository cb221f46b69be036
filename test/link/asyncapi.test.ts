import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { asyncApiText } from "../../src/link/asyncapi.ts";

const published = readFileSync("docs/asyncapi.json", "utf8");
const read = (path: string): object => JSON.parse(readFileSync(path, "utf8")) as object;

test("the published AsyncAPI document is what the code reads messages by", () => {
  expect(published).toBe(asyncApiText());
});

test("the AsyncAPI document is one by AsyncAPI's own schema", () => {
  const ajv = new Ajv({ strict: false, validateFormats: false, meta: false, validateSchema: false });
  const validate = ajv.compile(read("node_modules/@asyncapi/specs/schemas/3.0.0.json"));
  expect(validate(JSON.parse(published)), JSON.stringify(validate.errors?.slice(0, 3))).toBe(true);
});
