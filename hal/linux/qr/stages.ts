// The ways in which a picture is looked at, the one that pays most for its cost first; knows no time and no camera.
import type { Engine } from "./engines.ts";
import type { Picture } from "./picture.ts";
import { boxBlur, brighten, enlarge, level, sharpen, shrink, withMargin } from "./picture.ts";

export interface Stage {
  readonly name: string;
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

/**
 * Each further stage is the first engine on other pixels, which finds more than other libraries do on the same ones; the order
 * is that of what each adds for its time on the graded set of `scripts/bench qr`. The other library comes last: it costs most,
 * and is all there is without WebAssembly.
 */
export function stagesOf(zxing: Engine | null, jsqr: Engine): Stages {
  const second = { name: "jsQR", read: jsqr };
  if (zxing === null) return { first: second, further: [on("jsQR, even", jsqr, (one) => level(one, softLevelRadius))] };
  const onPixels = (name: string, made: (picture: Picture) => Picture): Stage => on(name, zxing, made);
  return {
    first: { name: "as it is", read: zxing },
    further: [
      onPixels("smooth and bright", (one) => brighten(boxBlur(one, 1))),
      onPixels("even and large", (one) => enlarge(level(one, levelRadius))),
      onPixels("sharp and large", (one) => enlarge(sharpen(boxBlur(one, 1), sharpenRadius, sharpenAmount))),
      onPixels("margin", (one) => withMargin(one, marginPixels)),
      onPixels("large and smooth", (one) => boxBlur(enlarge(one), 1)),
      onPixels("smooth, even and large", (one) => enlarge(level(boxBlur(one, 1), softLevelRadius))),
      onPixels("bright", brighten),
      onPixels("small", shrink),
      second,
    ],
  };
}

const on = (name: string, engine: Engine, made: (picture: Picture) => Picture): Stage => ({
  name,
  read: (picture) => engine(made(picture)),
});
