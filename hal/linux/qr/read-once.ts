// Reads the codes of a single picture with all stages, in the thread that asks; knows nobody who waits for it.
import { readThoroughly } from "./decoder.ts";
import { openJsqr, openZxing } from "./engines.ts";
import type { Picture } from "./picture.ts";
import type { Stages } from "./stages.ts";
import { stagesOf } from "./stages.ts";

let opened: Promise<Stages> | null = null;

export async function readOnce(picture: Picture): Promise<readonly string[]> {
  opened ??= Promise.all([openZxing(), openJsqr()]).then(([zxing, jsqr]) => stagesOf(zxing, jsqr));
  return readThoroughly(await opened, picture);
}
