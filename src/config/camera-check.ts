// Finds what a camera cannot be asked for; knows no other reader.
import type { Finding } from "./problem.ts";
import type { Salvage } from "./salvage.ts";

export function cameraFindings({ readers }: Salvage): readonly Finding[] {
  return readers.flatMap((reader, n): readonly Finding[] => {
    if (reader.kind !== "camera" || reader.size === undefined || !reader.region) return [];
    const [width = 0, height = 0] = reader.size.split("x").map(Number);
    const { region } = reader;
    if (region.x + region.width <= width && region.y + region.height <= height) return [];
    const problem = `The region reaches outside the picture, which is ${width} pixels wide and ${height} high.`;
    const remedy = "Make it smaller, or write null to look at the whole picture.";
    return [{ steps: ["readers", n, "region"], value: undefined, problem, remedy }];
  });
}
