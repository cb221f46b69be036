// Says whether something moves before a camera, from a few thousand of its pixels; knows nothing of codes.
import type { Picture } from "./picture.ts";

const columns = 40;
const rows = 30;
/** So many pixels of a cell are looked at, each way: their mean has a quarter of a pixel's noise. */
const perCell = 4;
/** A cell has changed that differs by so many levels of brightness, ... */
const minChange = 5;
/** ... and by so many times of what cells of a still picture differ by. */
const noiseFactor = 7;
/** The image of a code that can be read covers more cells than that. */
const minCells = 3;

export interface Glance {
  readonly moved: boolean;
  readonly mean: number;
  /** Mean distance of a cell from the mean: near nothing is a picture of nothing. */
  readonly spread: number;
  /** The very same pixels as before, which no sensor gives twice. */
  readonly same: boolean;
}

export class MotionGate {
  #cells: Float64Array | null = null;
  #sum = 0;
  #noise = 1;

  look({ width, height, gray }: Picture): Glance {
    const cells = new Float64Array(columns * rows);
    let sum = 0;
    let total = 0;
    for (let row = 0; row < rows * perCell; row += 1) {
      const line = Math.floor(((row + 0.5) * height) / (rows * perCell)) * width;
      for (let column = 0; column < columns * perCell; column += 1) {
        const value = gray[line + Math.floor(((column + 0.5) * width) / (columns * perCell))] ?? 0;
        const cell = Math.floor(row / perCell) * columns + Math.floor(column / perCell);
        cells[cell] = (cells[cell] ?? 0) + value / (perCell * perCell);
        total += value;
        sum = (Math.imul(sum, 31) + value) | 0;
      }
    }
    const mean = total / (columns * rows * perCell * perCell);
    const spread = cells.reduce((all, value) => all + Math.abs(value - mean), 0) / cells.length;
    const before = this.#cells;
    const same = before !== null && sum === this.#sum;
    this.#cells = cells;
    this.#sum = sum;
    return { moved: before === null || (!same && this.#hasMoved(before, cells)), mean, spread, same };
  }

  #hasMoved(before: Float64Array, cells: Float64Array): boolean {
    const changes = cells.map((value, place) => Math.abs(value - (before[place] ?? 0)));
    // The middle of all changes is that of cells in which nothing moves, unless nearly everything does.
    const middle = Math.min(changes.toSorted()[changes.length >> 1] ?? 0, minChange);
    const limit = Math.max(minChange, Math.max(this.#noise, middle) * noiseFactor);
    const changed = changes.reduce((count, change) => count + (change > limit ? 1 : 0), 0);
    this.#noise += (middle - this.#noise) / 16;
    return changed >= minCells;
  }
}
