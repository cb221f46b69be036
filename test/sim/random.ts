// Chance that a seed reproduces; knows nothing of what is decided by it.
import { createHash } from "node:crypto";

export interface Random {
  /** From 0, below 1. */
  next(): number;
  /** A whole number from 0, below `below`. */
  int(below: number): number;
  /** A whole number, both ends included. */
  between(low: number, high: number): number;
  /** Each order of magnitude between the two is equally likely. */
  magnitude(low: number, high: number): number;
  chance(probability: number): boolean;
  pick<T>(list: readonly T[]): T;
  digits(length: number): string;
}

export function seededRandom(seed: string): Random {
  const start = createHash("sha256").update(seed).digest();
  let [a, b, c, d] = [start.readInt32LE(0), start.readInt32LE(4), start.readInt32LE(8), 1];
  /** Chris Doty-Humphrey's sfc32. */
  const next = (): number => {
    const sum = (a + b + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  const int = (below: number): number => Math.floor(next() * below);
  return {
    next,
    int,
    between: (low, high) => low + int(high - low + 1),
    magnitude: (low, high) => Math.round(low * (high / low) ** next()),
    chance: (probability) => next() < probability,
    pick: (list) => {
      const one = list[int(list.length)];
      if (one === undefined) throw new Error("there is nothing to pick from");
      return one;
    },
    digits: (length) => Array.from({ length }, () => int(10)).join(""),
  };
}
