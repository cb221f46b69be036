import { expect, test } from "vitest";
import { nodeBar } from "../../src/cli/node-version.ts";

test("a Node that the native parts were not made for is refused in a sentence", () => {
  for (const version of ["20.19.2", "22.12.0", "24.6.0", "25.1.0"]) expect(nodeBar(version)).toContain(version);
  for (const version of ["24.7.0", "24.21.0", "26.0.0", "28.3.1"]) expect(nodeBar(version)).toBeNull();
});
