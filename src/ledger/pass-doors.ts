// Which doors of a pass are refused while its others keep working: unknown ones, and those that its host may not grant.
import type { ChangeProblem, ChangeWarning, DirectoryChange, Pass } from "../domain/directory.ts";
import type { DoorId, PassId } from "../domain/ids.ts";
import type { DoorSpec } from "../domain/site.ts";
import type { Directory } from "./directory.ts";
import type { Problem } from "./directory-rules.ts";

type PassGrant = Extract<DirectoryChange, { op: "putGrant" }>;

export const passGrantOf = (change: DirectoryChange): PassGrant | null =>
  change.op === "putGrant" && change.holder.kind === "pass" ? change : null;

export interface PassDoorParts {
  readonly directory: Directory;
  readonly doors: ReadonlyMap<DoorId, DoorSpec>;
  readonly withdraw: (grant: PassGrant) => void;
  /** The cloud's word about hosts may come after that about their guests: only the door itself judges then. */
  readonly isHostKnown: boolean;
}

/**
 * A change is all or nothing, save here: a door that a pass may not have is left out with a warning, as long as the same
 * change gives it another one.
 */
export function settlePassDoors(
  changes: readonly DirectoryChange[],
  { directory, doors, withdraw, isHostKnown }: PassDoorParts,
): { readonly problems: readonly ChangeProblem[]; readonly warnings: readonly ChangeWarning[] } {
  const refused: (ChangeProblem & { readonly pass: PassId })[] = [];
  const opened = new Set<PassId>();
  for (const [step, change] of changes.entries()) {
    const grant = passGrantOf(change);
    if (grant === null) continue;
    const pass = grant.holder.id as PassId;
    const bar = barOf(grant, isHostKnown ? directory : null, doors);
    if (bar === null) opened.add(pass);
    else {
      withdraw(grant);
      refused.push({ pass, step, ...bar });
    }
  }
  const bare = refused.filter(({ pass }) => !opened.has(pass));
  return {
    problems: bare.map(({ pass: _, ...problem }) => problem),
    warnings: refused.map(({ step, problem }) => ({ step, warning: `${problem} The pass works at its other doors.` })),
  };
}

/** As `decide` will see it at the door. */
function barOf(
  { holder, door }: PassGrant,
  directory: Directory | null,
  doors: ReadonlyMap<DoorId, DoorSpec>,
): Problem | null {
  const spec = doors.get(door);
  if (spec === undefined) return { problem: `There is no door "${door}".`, remedy: "Name one that exists." };
  const pass = directory?.holder("pass", holder.id) ?? null;
  return directory !== null && pass?.kind === "pass" ? delegationBar(pass, spec, directory) : null;
}

function delegationBar({ host: hostId }: Pass, door: DoorSpec, directory: Directory): Problem | null {
  const host = hostId === null ? null : directory.person(hostId);
  if (host === null) return null;
  const remedy = "Leave the door out, or let the pass have no host.";
  if (door.grantableBy === "administrators" && host.role !== "administrator") {
    return { problem: `Residents may not let others in at the door "${door.id}".`, remedy };
  }
  const grants = directory.grantsAt(host, door.id);
  if (grants.length > 0 && !grants.some(({ schedule }) => schedule.rule.kind === "never")) return null;
  return { problem: `The host "${host.id}" may not open the door "${door.id}".`, remedy };
}
