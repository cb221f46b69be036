// Draws what was found and could not be read once more, as it would look flat and from straight ahead; knows no library.
import type { Picture } from "./picture.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** A code by its outer corners, clockwise from the one between two finder patterns, and its size. */
export interface Outline {
  readonly corners: readonly [Point, Point, Point, Point];
  readonly modules: number;
}

/** How the paper bends about one of the code's two axes, as around a bottle, and from which side one looks at the bottle. */
export interface Bend {
  readonly axis: "across" | "along";
  /** Half the angle that the code goes around, in radians. */
  readonly angle: number;
  /** By how much the outer edges are shifted, of half a side and at a right angle: seen from above or from below. */
  readonly sag: number;
}

/** Enough for each module to have a middle of its own. */
const pixelsPerModule = 8;
const quietModules = 4;

/** Null: flat paper, only the angle at which it was held is taken out. */
export function unbend(picture: Picture, { corners, modules }: Outline, bend: Bend | null): Picture {
  const look = throughCorners(corners);
  const size = (modules + 2 * quietModules) * pixelsPerModule;
  const reach = 1 + (2 * quietModules) / modules;
  const places = Float64Array.from({ length: size }, (_, at) => ((2 * at + 1) / size - 1) * reach);
  const around = places.map((place) => bentPlace(place, bend));
  const shifts = places.map((place) => bentShift(place, bend));
  const isAlong = bend?.axis === "along";
  return drawn(picture, size, size, (column, row) => {
    const flatU = places[column] ?? 0;
    const flatV = places[row] ?? 0;
    return isAlong
      ? look(flatU - (shifts[row] ?? 0), around[row] ?? 0)
      : look(around[column] ?? 0, flatV - (shifts[column] ?? 0));
  });
}

/** The whole picture, so many times as long in one direction: what is seen at a sharp angle has its breadth again. */
export function stretch(picture: Picture, direction: number, times: number): Picture {
  const { width, height } = picture;
  const [cos, sin] = [Math.cos(direction), Math.sin(direction)];
  const [xx, xy, yy] = [1 + (times - 1) * cos * cos, (times - 1) * cos * sin, 1 + (times - 1) * sin * sin];
  const wide = Math.ceil(xx * width + Math.abs(xy) * height);
  const high = Math.ceil(Math.abs(xy) * width + yy * height);
  return drawn(picture, wide, high, (column, row) => {
    const [x, y] = [column - wide / 2, row - high / 2];
    return { x: (yy * x - xy * y) / times + width / 2, y: (xx * y - xy * x) / times + height / 2 };
  });
}

function drawn(from: Picture, width: number, height: number, where: (column: number, row: number) => Point): Picture {
  const gray = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    for (let column = 0; column < width; column += 1) {
      const { x, y } = where(column, row);
      gray[row * width + column] = pixelAt(from, x, y);
    }
  }
  return { width, height, gray };
}

/** Between its four neighbours; beyond the picture's edge, the pixel there. */
function pixelAt({ width, height, gray }: Picture, x: number, y: number): number {
  const left = Math.max(0, Math.min(width - 2, Math.floor(x - 0.5)));
  const top = Math.max(0, Math.min(height - 2, Math.floor(y - 0.5)));
  const right = Math.max(0, Math.min(1, x - 0.5 - left));
  const down = Math.max(0, Math.min(1, y - 0.5 - top));
  const at = top * width + left;
  const upper = (gray[at] ?? 0) * (1 - right) + (gray[at + 1] ?? 0) * right;
  const lower = (gray[at + width] ?? 0) * (1 - right) + (gray[at + width + 1] ?? 0) * right;
  return upper * (1 - down) + lower * down;
}

/** From the square of -1 to 1 each way to the picture, as a flat thing is seen at an angle. */
function throughCorners([a, b, c, d]: Outline["corners"]): (u: number, v: number) => Point {
  const [x1, y1, x2, y2] = [b.x - c.x, b.y - c.y, d.x - c.x, d.y - c.y];
  const [x3, y3] = [a.x - b.x + c.x - d.x, a.y - b.y + c.y - d.y];
  const area = x1 * y2 - x2 * y1;
  const g = (x3 * y2 - x2 * y3) / area;
  const h = (x1 * y3 - x3 * y1) / area;
  return (u, v) => {
    const [s, t] = [(u + 1) / 2, (v + 1) / 2];
    const depth = g * s + h * t + 1;
    const x = (b.x - a.x + g * b.x) * s + (d.x - a.x + h * d.x) * t + a.x;
    const y = (b.y - a.y + g * b.y) * s + (d.y - a.y + h * d.y) * t + a.y;
    return { x: x / depth, y: y / depth };
  };
}

/** Where what lies at a place on the paper is seen, both with the code's edges at -1 and 1. */
function bentPlace(place: number, bend: Bend | null): number {
  if (bend === null) return place;
  // What lies behind the bottle is not seen.
  return Math.sin(Math.max(-1.5, Math.min(1.5, place * bend.angle))) / Math.sin(bend.angle);
}

const bentShift = (place: number, bend: Bend | null): number =>
  bend === null ? 0 : bend.sag * (Math.cos(bend.angle) - Math.cos(place * bend.angle));
