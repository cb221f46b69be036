// Draws what a camera at a door sees: a code on paper or on a screen, tilted, blurred, lit badly. The same seed, the same pixels.
import encodeQR from "qr";
import type { Picture } from "../../hal/linux/qr/picture.ts";

export type Matrix = readonly (readonly boolean[])[];

export const sceneKinds = [
  "plain",
  "tilt",
  "blur",
  "motion",
  "moire",
  "glare",
  "noise",
  "dim",
  "inverted",
  "shadow",
  "pale",
  "curved",
  "small",
  "large",
  "mixed",
] as const;
export type SceneKind = (typeof sceneKinds)[number];
export type Grade = 1 | 2 | 3;

export interface SceneSpec {
  readonly kind: SceneKind;
  readonly grade: Grade;
  readonly seed: number;
  /** Null draws what stands around only. */
  readonly code: Matrix | null;
}

export type Random = () => number;

/** Mulberry32: small, and the same on every machine. */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Payload {
  readonly name: string;
  readonly text: (random: Random) => string;
}

const charsOf =
  (alphabet: string, length: number) =>
  (random: Random): string =>
    Array.from({ length }, () => alphabet.charAt(Math.floor(random() * alphabet.length))).join("");
const digits = "0123456789";
const base45 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** What doors are shown: a code of eight digits, both forms of a carried pass, and longer texts of others. */
export const payloads: readonly Payload[] = [
  { name: "8 digits", text: charsOf(digits, 8) },
  { name: "pass, decimal", text: charsOf(digits, 63) },
  { name: "pass, base45", text: charsOf(base45, 39) },
  { name: "signed pass", text: charsOf(base45, 132) },
  { name: "60 characters", text: charsOf(letters, 60) },
  { name: "200 characters", text: charsOf(letters, 200) },
];

export function codeOf(text: string): Matrix {
  const plain = encodeQR(text, "raw", { ecc: "medium", border: 1 });
  const framed = plain.length >= 27 ? plain : encodeQR(text, "raw", { ecc: "high", border: 1, version: 2 });
  return framed.slice(1, -1).map((row) => row.slice(1, -1));
}

/** How a scene is taken; every figure of it comes from the seed. */
export interface Take {
  readonly width: number;
  readonly height: number;
  /** Of the code without its quiet zone, in pixels. */
  readonly side: number;
  readonly centreX: number;
  readonly centreY: number;
  readonly roll: number;
  readonly tiltX: number;
  readonly tiltY: number;
  readonly bend: number;
  readonly quiet: number;
  readonly dark: number;
  readonly light: number;
  readonly screen: boolean;
  readonly inverted: boolean;
  readonly blur: number;
  readonly motion: number;
  readonly motionAngle: number;
  readonly moire: number;
  readonly bands: number;
  readonly glare: number;
  /** How far a reflection has wandered, in sides of the code. */
  readonly glareX: number;
  readonly glareY: number;
  readonly shadow: number;
  readonly gradient: number;
  readonly noise: number;
  readonly exposure: number;
}

const severity = (grade: Grade): number => (grade - 1) / 2;

export function takeOf({ kind, grade, code }: SceneSpec, random: Random): Take {
  const s = severity(grade);
  const between = (low: number, high: number): number => low + (high - low) * random();
  const is = (...kinds: readonly SceneKind[]): boolean => kinds.includes(kind) || kind === "mixed";
  const modules = code?.length ?? 25;
  const big = kind === "large";
  const width = big ? 1280 : 640;
  const height = big ? 720 : 480;
  const pixelsPerModule = kind === "small" ? between(3.4, 4) - 1.3 * s : between(4.6, 6.2) - (kind === "mixed" ? s : 0);
  const side = big ? between(250, 560) : Math.min(360, modules * pixelsPerModule);
  const reach = side * 0.5;
  const screen = kind === "moire" || kind === "dim" || kind === "inverted" || random() < 0.4;
  const strength = kind === "mixed" ? 0.45 : 1;
  return {
    width,
    height,
    side,
    centreX: between(Math.min(width / 2, reach + 20), Math.max(width / 2, width - reach - 20)),
    centreY: between(Math.min(height / 2, reach + 15), Math.max(height / 2, height - reach - 15)),
    roll: between(-0.35, 0.35) + (random() < 0.15 ? Math.floor(random() * 4) * (Math.PI / 2) : 0),
    tiltX: is("tilt") ? between(0.35, 0.6 + 0.45 * s) * strength * (random() < 0.5 ? -1 : 1) : between(-0.15, 0.15),
    tiltY: is("tilt") ? between(0.2, 0.4 + 0.35 * s) * strength * (random() < 0.5 ? -1 : 1) : between(-0.15, 0.15),
    bend: is("curved") ? between(0.2, 0.4 + 0.6 * s) * strength * (random() < 0.5 ? -1 : 1) : 0,
    quiet: random() < 0.25 ? 2 : 4,
    dark: kind === "pale" ? between(110, 125 + 20 * s) : screen ? between(8, 30) : between(25, 55),
    light: kind === "pale" ? between(170, 195 - 18 * s) : screen ? between(200, 245) : between(180, 235),
    screen,
    inverted: kind === "inverted" || (kind === "mixed" && random() < 0.2),
    blur: is("blur") ? between(1.2, 1.6 + 1.4 * s) * (kind === "mixed" ? 0.6 : 1) : between(0.4, 0.9),
    motion: is("motion") ? between(3, 6 + 6 * s) * strength : 0,
    motionAngle: between(0, Math.PI),
    moire: is("moire") && screen ? between(0.18, 0.3 + 0.35 * s) * strength : 0,
    bands: (is("moire") && screen) || random() < 0.1 ? between(0.1, 0.2 + 0.2 * s) * strength : 0,
    glare: is("glare") ? between(0.5, 0.8 + 0.5 * s) * strength : 0,
    glareX: 0,
    glareY: 0,
    shadow: is("shadow") ? between(0.4, 0.55 + 0.3 * s) * (kind === "mixed" ? 0.7 : 1) : 0,
    gradient: between(0, 0.3),
    noise: is("noise") ? between(14, 20 + 26 * s) * strength : between(2, 6),
    exposure: kind === "dim" ? between(0.07, 0.25 - 0.12 * s) : kind === "mixed" ? between(0.35, 1) : 1,
  };
}

export function drawScene(spec: SceneSpec): Picture {
  const random = randomOf(spec.seed);
  return drawTake(takeOf(spec, random), spec.code, random);
}

/** `random` draws what stands around and the light, `noise` what differs from frame to frame. */
export function drawTake(take: Take, code: Matrix | null, random: Random, noise: Random = random): Picture {
  const { width, height } = take;
  const light = surroundings(take, random);
  if (code !== null) drawCode(take, code, light);
  shade(take, light, random);
  const sharp = take.motion > 0.5 ? smear(light, take) : light;
  const soft = gaussian(sharp, width, height, take.blur);
  const gray = new Uint8ClampedArray(width * height);
  for (let at = 0; at < gray.length; at += 1) {
    gray[at] = (soft[at] ?? 0) * take.exposure + take.noise * (noise() + noise() + noise() - 1.5) * 2;
  }
  return { width, height, gray: new Uint8Array(gray.buffer) };
}

function surroundings({ width, height }: Take, random: Random): Float32Array {
  const light = new Float32Array(width * height).fill(60 + 120 * random());
  for (let count = 0; count < 14; count += 1) {
    const w = 20 + random() * width * 0.4;
    const h = 10 + random() * height * 0.4;
    const left = Math.floor(random() * width - w / 3);
    const top = Math.floor(random() * height - h / 3);
    const tone = 20 + random() * 210;
    const stripes = random() < 0.3 ? 3 + random() * 8 : 0;
    for (let y = Math.max(0, top); y < Math.min(height, top + h); y += 1) {
      if (stripes > 0 && Math.floor((y - top) / stripes) % 2 === 1) continue;
      for (let x = Math.max(0, left); x < Math.min(width, left + w); x += 1) light[y * width + x] = tone;
    }
  }
  return light;
}

/** From a point of the picture to one of the code's plane, in modules; the code's middle is the origin. */
function planeOf(take: Take, modules: number): (x: number, y: number) => readonly [number, number] {
  const perModule = take.side / modules;
  const distance = take.side * 2.6;
  const [cx, sx] = [Math.cos(take.tiltX), Math.sin(take.tiltX)];
  const [cy, sy] = [Math.cos(take.tiltY), Math.sin(take.tiltY)];
  const [cr, sr] = [Math.cos(take.roll), Math.sin(take.roll)];
  // The plane's two directions after roll, tilt about the level axis and tilt about the upright one.
  const turn = (x: number, y: number): readonly [number, number, number] => {
    const [a, b] = [cr * x - sr * y, sr * x + cr * y];
    const [c, d] = [cx * b, sx * b];
    return [cy * a + sy * d, c, -sy * a + cy * d];
  };
  const u = turn(1, 0);
  const v = turn(0, 1);
  return (x, y) => {
    const dx = (x - take.centreX) / distance;
    const dy = (y - take.centreY) / distance;
    // Solves  a*u + b*v  seen through  distance + z  for a and b.
    const a1 = u[0] - dx * u[2];
    const b1 = v[0] - dx * v[2];
    const a2 = u[1] - dy * u[2];
    const b2 = v[1] - dy * v[2];
    const det = a1 * b2 - b1 * a2;
    const right1 = dx * distance;
    const right2 = dy * distance;
    const a = (right1 * b2 - b1 * right2) / det / perModule;
    const b = (a1 * right2 - right1 * a2) / det / perModule;
    if (take.bend === 0) return [a, b];
    const half = modules / 2;
    const across = a / half;
    const bent = Math.abs(across * take.bend) < 1 ? Math.asin(across * take.bend) / take.bend : 9;
    return [bent * half, b + (1 - Math.cos(bent * take.bend)) * half * 0.25];
  };
}

function drawCode(take: Take, code: Matrix, light: Float32Array): void {
  const { width, height } = take;
  const modules = code.length;
  const toPlane = planeOf(take, modules);
  const half = modules / 2;
  const edge = half + take.quiet;
  const frame = take.screen ? 3 : 0;
  const reach = (take.side / modules) * (edge + frame) * 1.9;
  const [dark, bright] = take.inverted ? [take.light, take.dark] : [take.dark, take.light];
  const offsets = [0.25, 0.75];
  for (let y = Math.max(0, Math.floor(take.centreY - reach)); y < Math.min(height, take.centreY + reach); y += 1) {
    for (let x = Math.max(0, Math.floor(take.centreX - reach)); x < Math.min(width, take.centreX + reach); x += 1) {
      let sum = 0;
      for (const oy of offsets) {
        for (const ox of offsets) {
          const [a, b] = toPlane(x + ox, y + oy);
          const far = Math.max(Math.abs(a), Math.abs(b));
          if (far < half) sum += code[Math.floor(b + half)]?.[Math.floor(a + half)] === true ? dark : bright;
          else if (far < edge) sum += bright;
          else if (far < edge + frame) sum += 12;
          else sum += light[y * width + x] ?? 0;
        }
      }
      light[y * width + x] = sum / 4;
    }
  }
}

/** What light does on the way: a gradient, a shadow's edge, reflections, and a screen's own grid and flicker. */
function shade(take: Take, light: Float32Array, random: Random): void {
  const { width, height, side } = take;
  const angle = random() * Math.PI * 2;
  const [gx, gy] = [Math.cos(angle), Math.sin(angle)];
  const shadowAt = (random() - 0.5) * side * 0.6;
  const shadowSoft = 2 + random() * 20;
  const spotX = take.centreX + ((random() - 0.5) * 1.1 + take.glareX) * side;
  const spotY = take.centreY + ((random() - 0.5) * 1.1 + take.glareY) * side;
  const spotSize = side * (0.12 + 0.16 * random());
  const spotLong = 1 + random() * 2;
  const waves = [0, 1].map(() => ({
    fx: (0.25 + random() * 1.1) * Math.cos(random() * 6.3),
    fy: (0.25 + random() * 1.1) * Math.sin(random() * 6.3),
    phase: random() * 6.3,
  }));
  const bandLength = 30 + random() * 90;
  for (let y = 0; y < height; y += 1) {
    const dy = y - take.centreY;
    const band = 1 - take.bands * (0.5 + 0.5 * Math.sin((y / bandLength) * 6.283));
    for (let x = 0; x < width; x += 1) {
      const at = y * width + x;
      const dx = x - take.centreX;
      const along = dx * gx + dy * gy;
      let factor = 1 - take.gradient * (0.5 + along / width);
      if (take.shadow > 0) factor *= 1 - take.shadow / (1 + Math.exp((shadowAt - along) / shadowSoft));
      if (take.bands > 0) factor *= band;
      if (take.moire > 0) {
        let wave = 0;
        for (const { fx, fy, phase } of waves) wave += Math.sin(x * fx + y * fy + phase);
        factor *= 1 + (take.moire * wave) / 2;
      }
      let value = (light[at] ?? 0) * factor;
      if (take.glare > 0) {
        const [sx, sy] = [(x - spotX) / spotLong, y - spotY];
        value += take.glare * 255 * Math.exp(-(sx * sx + sy * sy) / (2 * spotSize * spotSize));
      }
      light[at] = Math.min(value, 255);
    }
  }
}

function smear(light: Float32Array, { width, height, motion, motionAngle }: Take): Float32Array {
  const steps = Math.max(2, Math.ceil(motion));
  const offsets = Array.from({ length: steps }, (_, step) => {
    const along = (step / (steps - 1) - 0.5) * motion;
    return [Math.round(along * Math.cos(motionAngle)), Math.round(along * Math.sin(motionAngle))] as const;
  });
  const out = new Float32Array(light.length);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      let sum = 0;
      for (const [ox, oy] of offsets) {
        const sx = Math.min(width - 1, Math.max(0, x + ox));
        const sy = Math.min(height - 1, Math.max(0, y + oy));
        sum += light[sy * width + sx] ?? 0;
      }
      out[y * width + x] = sum / steps;
    }
  }
  return out;
}

function gaussian(light: Float32Array, width: number, height: number, sigma: number): Float32Array {
  const radius = Math.max(1, Math.ceil(sigma * 2.5));
  const kernel = Array.from({ length: radius * 2 + 1 }, (_, at) =>
    Math.exp(-((at - radius) ** 2) / (2 * sigma * sigma)),
  );
  const total = kernel.reduce((sum, weight) => sum + weight, 0);
  const pass = (from: Float32Array, step: number, length: number, others: number, otherStep: number): Float32Array => {
    const out = new Float32Array(from.length);
    for (let other = 0; other < others; other += 1) {
      for (let place = 0; place < length; place += 1) {
        let sum = 0;
        for (let tap = -radius; tap <= radius; tap += 1) {
          const near = Math.min(length - 1, Math.max(0, place + tap));
          sum += (from[other * otherStep + near * step] ?? 0) * (kernel[tap + radius] ?? 0);
        }
        out[other * otherStep + place * step] = sum / total;
      }
    }
    return out;
  };
  return pass(pass(light, 1, width, height, width), width, height, width, 1);
}
