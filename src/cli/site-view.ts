// The site that a state folder runs, for commands that must know its doors and its time.
import { loadAccepted } from "../config/choose.ts";
import { siteOf } from "../config/site.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { StateValues } from "./options.ts";
import { pathsOf } from "./options.ts";

export function siteAt(where: StateValues): SiteSpec {
  const reading = loadAccepted(pathsOf(where).folder);
  if (!reading.ok) throw new Error("This state folder holds no accepted configuration yet; start Postern on it first.");
  return siteOf(reading.config);
}
