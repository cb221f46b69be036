// What is different for one person, as options say it: where they live, what they must show, what they are exempt from.
import type { Person, Role } from "../domain/directory.ts";
import { roles } from "../domain/directory.ts";
import type { DoorId } from "../domain/ids.ts";
import type { FactorNeed } from "../domain/site.ts";
import { factorNeeds } from "../domain/site.ts";
import { Misuse } from "./misuse.ts";

/** What is left out stays as it is. */
export const particularOptions = {
  role: { type: "string" },
  apartment: { type: "string" },
  building: { type: "string" },
  phone: { type: "string" },
  floor: { type: "string", multiple: true },
  factors: { type: "string" },
  "extended-times": { type: "boolean" },
  "lockdown-exempt": { type: "boolean" },
  "passback-exempt": { type: "boolean" },
  "may-hold-open": { type: "string", multiple: true },
} as const;

export type ParticularValues = {
  readonly [Name in keyof typeof particularOptions]?: (typeof particularOptions)[Name] extends { type: "boolean" }
    ? boolean | undefined
    : (typeof particularOptions)[Name] extends { multiple: true }
      ? readonly string[] | undefined
      : string | undefined;
};

export function withParticulars(person: Person, values: ParticularValues): Person {
  const { role, factors, floor } = values;
  const mayHoldOpen = values["may-hold-open"];
  return {
    ...person,
    role: role === undefined ? person.role : roleOf(role),
    building: textOf(values.building, person.building),
    apartment: textOf(values.apartment, person.apartment),
    phone: textOf(values.phone, person.phone),
    floors: floor === undefined ? person.floors : named(floor),
    factors: factors === undefined ? person.factors : factorsOf(factors),
    extendedTimes: values["extended-times"] ?? person.extendedTimes,
    lockdownExempt: values["lockdown-exempt"] ?? person.lockdownExempt,
    passbackExempt: values["passback-exempt"] ?? person.passbackExempt,
    mayHoldOpen: mayHoldOpen === undefined ? person.mayHoldOpen : (named(mayHoldOpen) as DoorId[]),
  };
}

/** An empty text takes away what there was. */
const textOf = (said: string | undefined, was: string | null): string | null =>
  said === undefined ? was : said === "" ? null : said;
const named = (said: readonly string[]): readonly string[] => said.filter((one) => one !== "");

function roleOf(text: string): Role {
  const found = roles.find((role) => role === text);
  if (found === undefined) throw new Misuse(`--role takes ${roles.join(" or ")}.`);
  return found;
}

function factorsOf(text: string): FactorNeed | null {
  if (text === "") return null;
  const found = factorNeeds.find((need) => need === text);
  if (found === undefined) throw new Misuse(`--factors takes one of ${factorNeeds.join(", ")}.`);
  return found;
}
