// What of a holder itself differs from what a file wants: name, state, validity and the like; no credential, no door. Pure.
import type { DirectoryChange, Holder, PassGiven, PersonGiven } from "../domain/directory.ts";
import { completePass, completePerson } from "../domain/directory.ts";
import type { ExportedHolder } from "../domain/directory-export.ts";
import { sameValue } from "./planned.ts";
import type { WantedHolder } from "./wanted.ts";

export interface PlannedAttributes {
  readonly change: DirectoryChange | null;
  readonly words: readonly string[];
}

export function planAttributes(wanted: WantedHolder, before: ExportedHolder | null): PlannedAttributes {
  const known = before?.holder ?? null;
  switch (wanted.kind) {
    case "person": {
      const person = personOf(wanted, known);
      return compared({ op: "putPerson", person }, completePerson(person), known, wanted.isPartial);
    }
    case "pass": {
      const pass = passOf(wanted.given, known);
      return compared({ op: "putPass", pass }, completePass(pass), known, wanted.isPartial);
    }
    case "public":
      return compared({ op: "putPublic", public: wanted.given }, wanted.given, known, wanted.isPartial);
  }
}

/** A partial list knows nothing of states and validities. */
function personOf({ given, isPartial }: Extract<WantedHolder, { kind: "person" }>, known: Holder | null): PersonGiven {
  if (!isPartial || known?.kind !== "person") return { ...given, source: "imported" };
  const { state, validity } = known;
  return { ...known, ...given, state, validity, source: "imported" };
}

/** What its preset filled in when it was made is not made anew. */
function passOf(given: PassGiven, known: Holder | null): PassGiven {
  const pass: PassGiven = { ...given, source: "imported" };
  if (known?.kind !== "pass") return pass;
  const version = given.version ?? known.version;
  if (pass.preset == null) return { ...pass, version };
  const until = given.validity.until ?? known.validity.until;
  const usesPerDoor = given.usesPerDoor === undefined ? known.usesPerDoor : given.usesPerDoor;
  return { ...pass, version, validity: { ...given.validity, until }, usesPerDoor };
}

const words: Readonly<Record<string, string>> = {
  validity: "validity",
  webRelay: "web relay",
  namedEvents: "named events",
  extendedTimes: "extended times",
  lockdownExempt: "lockdown exemption",
  passbackExempt: "passback exemption",
  mayHoldOpen: "holding doors open",
  expiresAt: "expiry",
  activationMs: "time of activation",
  usesPerDoor: "uses per door",
  usesTotal: "uses in all",
  idNumber: "number of identity",
  source: "is kept by this file from now on",
};

function compared(
  change: DirectoryChange,
  complete: Holder,
  known: Holder | null,
  isPartial: boolean,
): PlannedAttributes {
  if (known === null) return { change, words: [] };
  const before = known as unknown as Readonly<Record<string, unknown>>;
  const differing = Object.entries(complete)
    .filter(([key, value]) => !sameValue(before[key], value))
    .map(([key]) => key);
  // A list that does not know of everybody takes nobody over.
  if (differing.every((key) => isPartial && key === "source")) return { change: null, words: [] };
  return { change, words: differing.map((key) => words[key] ?? key) };
}
