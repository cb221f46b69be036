// A gray picture and what can be made of one before it is decoded; knows no code and no camera.

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** One byte a pixel, row by row, 0 is black. */
  readonly gray: Uint8Array;
}

export interface Region {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** As a camera gives it: the brightness stands in every `step`-th byte of rows that are `stride` bytes long. */
export interface RawFrame {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  readonly step: 1 | 2;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** The brightness of a region, which is cut off at the frame's edge; null is the whole frame. */
export function pictureOf({ width, height, stride, step, bytes }: RawFrame, region: Region | null): Picture {
  const left = Math.min(region?.x ?? 0, width - 1);
  const top = Math.min(region?.y ?? 0, height - 1);
  const wide = Math.min(region?.width ?? width, width - left);
  const high = Math.min(region?.height ?? height, height - top);
  if (step === 1 && stride === wide)
    return { width: wide, height: high, gray: bytes.subarray(top * wide, (top + high) * wide) };
  const gray = new Uint8Array(wide * high);
  for (let row = 0; row < high; row += 1) {
    const from = (top + row) * stride + left * step;
    if (step === 1) gray.set(bytes.subarray(from, from + wide), row * wide);
    else for (let at = 0; at < wide; at += 1) gray[row * wide + at] = bytes[from + at * 2] ?? 0;
  }
  return { width: wide, height: high, gray };
}

/** Each brightness through a table of 256. */
function mapped({ width, height, gray }: Picture, table: Uint8Array): Picture {
  const out = new Uint8Array(gray.length);
  for (let at = 0; at < gray.length; at += 1) out[at] = table[gray[at] ?? 0] ?? 0;
  return { width, height, gray: out };
}

const brightDark = Uint8Array.from({ length: 256 }, (_, value) => Math.round(255 * Math.sqrt(value / 255)));

/** Spreads the dark tones, in which dim screens and shadows lie. */
export const brighten = (picture: Picture): Picture => mapped(picture, brightDark);

/** The mean over a square of `2 * radius + 1`, by running sums. */
export function boxBlur({ width, height, gray }: Picture, radius: number): Picture {
  const across = new Uint8Array(gray.length);
  const out = new Uint8Array(gray.length);
  const size = 2 * radius + 1;
  for (let y = 0; y < height; y += 1) slide(gray, across, y * width, 1, width, radius, size);
  for (let x = 0; x < width; x += 1) slide(across, out, x, width, height, radius, size);
  return { width, height, gray: out };
}

function slide(
  from: Uint8Array,
  to: Uint8Array,
  start: number,
  step: number,
  length: number,
  radius: number,
  size: number,
): void {
  const last = length - 1;
  const at = (place: number): number => from[start + Math.min(last, Math.max(0, place)) * step] ?? 0;
  let sum = 0;
  for (let place = -radius; place <= radius; place += 1) sum += at(place);
  for (let place = 0; place < length; place += 1) {
    to[start + place * step] = (sum / size + 0.5) | 0;
    sum += at(place + radius + 1) - at(place - radius);
  }
}

/** Twice the size, each new pixel between its neighbours. */
export function enlarge({ width, height, gray }: Picture): Picture {
  const wide = width * 2;
  const out = new Uint8Array(wide * height * 2);
  for (let y = 0; y < height; y += 1) {
    const row = y * width;
    const below = Math.min(y + 1, height - 1) * width;
    const to = y * 2 * wide;
    for (let x = 0; x < width; x += 1) {
      const next = x + 1 < width ? x + 1 : x;
      const a = gray[row + x] ?? 0;
      const b = gray[row + next] ?? 0;
      const c = gray[below + x] ?? 0;
      const d = gray[below + next] ?? 0;
      const place = to + x * 2;
      out[place] = a;
      out[place + 1] = (a + b) >> 1;
      out[place + wide] = (a + c) >> 1;
      out[place + wide + 1] = (a + b + c + d) >> 2;
    }
  }
  return { width: wide, height: height * 2, gray: out };
}

/** Half the size, each new pixel the mean of four. */
export function shrink({ width, height, gray }: Picture): Picture {
  const wide = width >> 1;
  const high = height >> 1;
  const out = new Uint8Array(wide * high);
  for (let y = 0; y < high; y += 1) {
    const row = y * 2 * width;
    for (let x = 0; x < wide; x += 1) {
      const at = row + x * 2;
      const sum = (gray[at] ?? 0) + (gray[at + 1] ?? 0) + (gray[at + width] ?? 0) + (gray[at + width + 1] ?? 0);
      out[y * wide + x] = (sum + 2) >> 2;
    }
  }
  return { width: wide, height: high, gray: out };
}

/** Against lenses out of focus: what a pixel differs from its surroundings by counts so many times more. */
export function sharpen(picture: Picture, radius: number, amount: number): Picture {
  const { width, height, gray } = picture;
  const around = boxBlur(picture, radius).gray;
  const out = new Uint8ClampedArray(gray.length);
  for (let at = 0; at < gray.length; at += 1) {
    const value = gray[at] ?? 0;
    out[at] = value + amount * (value - (around[at] ?? 0));
  }
  return { width, height, gray: new Uint8Array(out.buffer) };
}

/** Against shadows and glare: each pixel compared with the brightness around it. */
export function level(picture: Picture, radius: number): Picture {
  const { width, height, gray } = picture;
  const around = boxBlur(picture, radius).gray;
  const out = new Uint8ClampedArray(gray.length);
  for (let at = 0; at < gray.length; at += 1) out[at] = (128 * ((gray[at] ?? 0) + 4)) / ((around[at] ?? 0) + 4);
  return { width, height, gray: new Uint8Array(out.buffer) };
}

/** A bright edge all around: a code that touches the picture's edge has its quiet zone again. */
export function withMargin({ width, height, gray }: Picture, margin: number): Picture {
  const wide = width + 2 * margin;
  const out = new Uint8Array(wide * (height + 2 * margin)).fill(255);
  for (let y = 0; y < height; y += 1) {
    out.set(gray.subarray(y * width, (y + 1) * width), (y + margin) * wide + margin);
  }
  return { width: wide, height: height + 2 * margin, gray: out };
}
