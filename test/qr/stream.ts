// Draws a code being held up before a camera, frame by frame: it slides in, the camera finds its focus, the hand trembles.
import type { Picture } from "../../hal/linux/qr/picture.ts";
import type { Grade, Matrix, SceneKind } from "./scene.ts";
import { drawTake, randomOf, takeOf } from "./scene.ts";

export interface ShowingSpec {
  readonly kind: SceneKind;
  readonly grade: Grade;
  readonly seed: number;
  readonly code: Matrix;
}

const slideMs = 500;
const focusFromMs = 300;
const focusMs = 700;
const focusBlur = 3.5;

/** The frame at an instant of a showing that begins at 0; before that nobody is there. */
export function showingOf({ kind, grade, seed, code }: ShowingSpec): (ms: number) => Picture {
  const still = takeOf({ kind, grade, seed, code }, randomOf(seed));
  const tremor = randomOf(seed + 1);
  const waves = [0, 1, 2, 3].map(() => ({ hz: 0.8 + tremor() * 5, phase: tremor() * 6.3, size: 1 + tremor() * 2.5 }));
  const sway = (ms: number, first: number): number =>
    waves
      .slice(first, first + 2)
      .reduce((sum, { hz, phase, size }) => sum + size * Math.sin(hz * ms * 0.00628 + phase), 0);
  return (ms) => {
    const scene = randomOf(seed + 2);
    const noise = randomOf(seed * 31 + Math.round(ms));
    if (ms < 0) return drawTake({ ...still, glare: 0, moire: 0, bands: 0 }, null, scene, noise);
    const away = Math.max(0, 1 - ms / slideMs);
    const outOfFocus = Math.min(1, Math.max(0, 1 - (ms - focusFromMs) / focusMs));
    const take = {
      ...still,
      centreX: still.centreX + sway(ms, 0),
      centreY: still.centreY + sway(ms, 2) + away * away * still.height,
      // A hand that turns a little moves a reflection twice as far.
      glareX: 0.4 * Math.sin(ms * 0.0023 + seed),
      glareY: 0.4 * Math.sin(ms * 0.0017 + seed * 2),
      roll: still.roll + sway(ms, 1) * 0.004,
      tiltX: still.tiltX + sway(ms + 400, 0) * 0.01,
      blur: Math.hypot(still.blur, focusBlur * outOfFocus),
      motion: Math.max(still.motion * (0.3 + 0.7 * noise()), away * 25, 1.5 * noise()),
    };
    return drawTake(take, code, scene, noise);
  };
}
