// Keeps the file of what brokers keep in step with what is told them and taken back; knows no socket.
import type { Kept, Place } from "./memory-file.ts";
import { isSamePlace, readMemory, writeMemory } from "./memory-file.ts";

export class HomeMemory {
  readonly #path: string;
  #places: readonly Kept[];

  constructor(path: string) {
    this.#path = path;
    this.#places = readMemory(path);
  }

  get places(): readonly Kept[] {
    return this.#places;
  }

  of(place: Place): Kept | null {
    return this.#places.find((one) => isSamePlace(one.place, place)) ?? null;
  }

  /** False when the disk does not take it; then nothing may be told that is not in it. */
  keep(kept: Kept): boolean {
    return this.#write([...this.#others(kept.place), kept]);
  }

  forget(place: Place): boolean {
    return this.#write(this.#others(place));
  }

  #others(place: Place): readonly Kept[] {
    return this.#places.filter((one) => !isSamePlace(one.place, place));
  }

  #write(places: readonly Kept[]): boolean {
    if (JSON.stringify(places) === JSON.stringify(this.#places)) return true;
    try {
      writeMemory(this.#path, places);
    } catch {
      return false;
    }
    this.#places = places;
    return true;
  }
}
