// Holds a picture before the virtual camera: writes the gray frame in a file to it again and again, whatever stands there by then.
import { openSync, readFileSync, writeSync } from "node:fs";
import { createRequire } from "node:module";
import { setTimeout } from "node:timers/promises";

const koffi = createRequire("/opt/postern/package.json")("koffi");
const [device, width, height, path] = process.argv.slice(2);
const ioctl = koffi.load("libc.so.6").func("int ioctl(int fd, ulong request, void *argument)");
const setFormat = 0xc0d05605;
const format = Buffer.alloc(208);
const words = { type: 0, width: 8, height: 12, pixels: 16, field: 20, stride: 24, frameBytes: 28 };
format.writeUInt32LE(2, words.type);
format.writeUInt32LE(Number(width), words.width);
format.writeUInt32LE(Number(height), words.height);
format.write("GREY", words.pixels, "latin1");
format.writeUInt32LE(1, words.field);
format.writeUInt32LE(Number(width), words.stride);
format.writeUInt32LE(width * height, words.frameBytes);

const camera = openSync(device, "r+");
if (ioctl(camera, setFormat, format) !== 0) throw new Error(`the camera takes no format (${koffi.errno()})`);
for (let n = 0; ; n += 1) {
  const picture = readFileSync(path);
  // Of a real camera no two pictures are the same to the last pixel.
  picture[0] = n % 256;
  writeSync(camera, picture);
  await setTimeout(150);
}
