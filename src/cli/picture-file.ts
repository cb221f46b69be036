// The file that a QR code is written to as a picture: looked at before anything is made, so that nobody sends an older one.
import { accessSync, constants, existsSync } from "node:fs";
import { dirname } from "node:path";
import { Misuse } from "./misuse.ts";
import { writeQr } from "./qr-picture.ts";

export function refusePicture(file: string): void {
  if (!/\.(png|svg)$/i.test(file)) throw new Misuse(`${file} must end in .png or .svg.`);
  if (existsSync(file)) throw new Misuse(`${file} is there already; name another file, or remove it.`);
  try {
    accessSync(dirname(file), constants.W_OK);
  } catch {
    throw new Misuse(`Nothing can be written into ${dirname(file)}; name a folder that is there and yours.`);
  }
}

/** False where it did not come about: the code itself stands on the screen. */
export function writePicture(file: string, text: string): boolean {
  try {
    writeQr(file, text);
    return true;
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "unknown";
    console.error(`The picture ${file} could not be written (${why}); the code above counts all the same.`);
    return false;
  }
}
