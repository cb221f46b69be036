// What a running controller says of its own parts, as findings.
import type { HealthFact } from "../../domain/status.ts";
import type { Finding } from "./finding.ts";
import { broken } from "./finding.ts";

export function runningFindings(health: readonly HealthFact[], nowWallMs: number): readonly Finding[] {
  return health
    .filter(({ state }) => state === "fault")
    .map(({ part, why, sinceWallMs }) => {
      // A device's words end with what mends it.
      const end = why.lastIndexOf("; ");
      const [problem, remedy] = end < 0 ? [why, ""] : [why.slice(0, end), why.slice(end + 2)];
      const minutes = Math.max(0, Math.round((nowWallMs - sinceWallMs) / 60_000));
      return broken(
        part,
        `${upper(problem)}, for ${minutes} ${minutes === 1 ? "minute" : "minutes"}.`,
        remedy === "" ? "See `postern log show`, and the part itself." : `${upper(remedy)}.`,
      );
    });
}

const upper = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
