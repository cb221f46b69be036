// The ways in which a picture is looked at, the one that pays most for its cost first; knows no time and no camera.
import type { Engine, SightingEngine } from "./engines.ts";
import type { Picture } from "./picture.ts";
import { boxBlur, brighten, enlarge, level, sharpen, shrink, withMargin } from "./picture.ts";
import type { Bend, Outline } from "./straighten.ts";
import { stretch, unbend } from "./straighten.ts";

export interface Stage {
  readonly name: string;
  /** What it costs, in times of what the first engine does on the picture as it is. */
  readonly times: number;
  readonly read: Engine;
}

export interface Stages {
  /** Of every picture in which something might be. */
  readonly first: Stage;
  /** In turn, when the first found nothing in a picture in which something moved. */
  readonly further: readonly Stage[];
}

/** Wide enough to stand for the quiet zone of the largest modules. */
const marginPixels = 24;
/** About two modules of a code that can just be read. */
const levelRadius = 12;
/** About a module, which a lens out of focus spreads over its neighbours. */
const sharpenRadius = 4;
const sharpenAmount = 2.5;
const softLevelRadius = 24;

/** Flat first; a middling bend is near enough to weaker and stronger ones. */
const bends: readonly (Bend | null)[] = [
  null,
  { axis: "across", angle: 0.75, sag: 0.25 },
  { axis: "along", angle: 0.75, sag: 0.25 },
  { axis: "across", angle: 0.75, sag: -0.25 },
  { axis: "along", angle: 0.75, sag: -0.25 },
];
/** Level, upright, and half way between. */
const directions = [0, 2, 1, 3].map((quarter) => (quarter * Math.PI) / 4);
const stretchTimes = 1.6;
/** Larger pictures show a code that is near enough to be read with pixels to spare. */
const maxEnlarged = 640 * 480;

/**
 * Each further stage is the first engine on other pixels, which finds more than other libraries do on the same ones; the order
 * is that of what each adds for its time on the graded set of `scripts/bench qr`. The other library comes last: it costs most,
 * and is all there is without WebAssembly.
 */
export function stagesOf(zxing: SightingEngine | null, jsqr: Engine): Stages {
  const second = { name: "jsQR", times: 100, read: jsqr };
  if (zxing === null)
    return { first: second, further: [on("jsQR, even", 1, jsqr, (one) => level(one, softLevelRadius))] };
  const onPixels = (name: string, times: number, made: (picture: Picture) => Picture): Stage =>
    on(name, times, zxing, made);
  return {
    first: { name: "as it is", times: 1, read: zxing },
    further: [
      onPixels("smooth and bright", 2, (one) => brighten(boxBlur(one, 1))),
      { name: "straight", times: 3, read: (one) => readStraight(zxing, one) },
      onPixels("even and sharp", 7, (one) => large(sharp(level(boxBlur(one, 1), softLevelRadius)))),
      onPixels("bright and sharp", 6, (one) => large(sharp(brighten(boxBlur(one, 1))))),
      onPixels("margin", 1, (one) => withMargin(one, marginPixels)),
      onPixels("even", 5, (one) => large(level(one, levelRadius))),
      onPixels("large and smooth", 7, (one) => boxBlur(large(one), 1)),
      onPixels("bright", 1, brighten),
      onPixels("small", 1, shrink),
      second,
    ],
  };
}

const sharp = (picture: Picture): Picture => sharpen(picture, sharpenRadius, sharpenAmount);

const large = (picture: Picture): Picture =>
  picture.width * picture.height > maxEnlarged ? picture : enlarge(picture);

/** What hangs around a bottle, or is held at a sharp angle, is found more often than it is read. */
async function readStraight(zxing: SightingEngine, picture: Picture): Promise<readonly string[]> {
  const smooth = boxBlur(picture, 1);
  const { outlines, isSlanted } = await zxing.sight(smooth);
  for (const made of straightened(smooth, outlines, isSlanted)) {
    const texts = await zxing(made);
    if (texts.length > 0) return texts;
  }
  return [];
}

function* straightened(picture: Picture, outlines: readonly Outline[], isSlanted: boolean): Iterable<Picture> {
  for (const outline of outlines) for (const bend of bends) yield unbend(picture, outline, bend);
  if (isSlanted) for (const direction of directions) yield stretch(picture, direction, stretchTimes);
}

const on = (name: string, times: number, engine: Engine, made: (picture: Picture) => Picture): Stage => ({
  name,
  times,
  read: (picture) => engine(made(picture)),
});
