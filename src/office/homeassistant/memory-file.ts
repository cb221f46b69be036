// What brokers keep of this controller, so that all of it can be taken back one day: written before anything is told them.
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import type { HomeAssistantSpec } from "../../domain/home-assistant.ts";
import type { Platform } from "./plan-discovery.ts";

export type Place = Omit<HomeAssistantSpec, "mayOpen" | "revealDetails">;

export interface Kept {
  readonly place: Place;
  /** Platforms by the names of components. */
  readonly components: Readonly<Record<string, Platform>>;
  /** All that is retained, the discovery first: without it nothing else of this controller is looked at. */
  readonly topics: readonly string[];
}

const maxPlaces = 4;
const maxEntries = 2_048;

/** Whatever else is set, it is the same topics at the same broker, and the same connection. */
export const isSamePlace = (one: Place, other: Place): boolean => one.broker === other.broker && one.id === other.id;

/** Nothing when there is none, or none that can be read. */
export function readMemory(path: string): readonly Kept[] {
  try {
    const { places } = JSON.parse(readFileSync(path, "utf8")) as { readonly places?: unknown };
    return Array.isArray(places) ? places.filter(isKept).slice(-maxPlaces) : [];
  } catch {
    return [];
  }
}

/** On the disk when it returns; throws when it is not. */
export function writeMemory(path: string, places: readonly Kept[]): void {
  if (places.length === 0) {
    rmSync(path, { force: true });
    return;
  }
  const partial = `${path}.partial`;
  const file = openSync(partial, "w", 0o600);
  try {
    writeFileSync(file, JSON.stringify({ places: places.slice(-maxPlaces) }));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(partial, path);
}

function isKept(value: unknown): value is Kept {
  const { place, components, topics } = fieldsOf(value);
  const entries = Object.values(fieldsOf(components));
  return (
    isPlace(place) &&
    entries.length <= maxEntries &&
    entries.every(isText) &&
    isTexts(topics) &&
    topics.length <= maxEntries
  );
}

function isPlace(value: unknown): boolean {
  const { broker, caFile, username, passwordFile, discoveryPrefix, id } = fieldsOf(value);
  const isOptional = [caFile, username, passwordFile].every((one) => one === null || isText(one));
  return isOptional && [broker, discoveryPrefix, id].every(isText) && URL.canParse(String(broker));
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
const isText = (value: unknown): value is string => typeof value === "string";
const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every(isText);
