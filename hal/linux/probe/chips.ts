// Reads which line controllers there are and who holds their lines, through the kernel's character devices; takes no line.
import { readdirSync } from "node:fs";
import koffi from "koffi";
import type { ChipFacts, LineFacts } from "./machine-facts.ts";

/** struct gpiochip_info: name 32, label 32, number of lines. */
const getChipInfo = 0x8044b401;
const chipInfoBytes = 68;
/** struct gpio_v2_line_info: name 32, consumer 32, offset, count of attributes, flags. */
const getLineInfo = 0xc100b405;
const lineInfoBytes = 256;
const consumerAt = 32;
const offsetAt = 64;
const flagsAt = 72;
const flagUsed = 1n;
const readWrite = 0o2;
const closeOnExec = 0o2000000;

export interface ChipsRead {
  readonly chips: readonly ChipFacts[];
  readonly forbidden: readonly string[];
}

export function readChips(): ChipsRead {
  const names = readdirSync("/dev").filter((name) => /^gpiochip[0-9]+$/.test(name));
  if (names.length === 0) return { chips: [], forbidden: [] };
  const libc = koffi.load("libc.so.6");
  const open = libc.func("int open(const char *path, int flags)");
  const ioctl = libc.func("int ioctl(int fd, ulong request, void *argument)");
  const close = libc.func("int close(int fd)");
  const chips: ChipFacts[] = [];
  const forbidden: string[] = [];
  for (const path of names.toSorted().map((name) => `/dev/${name}`)) {
    const fd = open(path, readWrite | closeOnExec) as number;
    if (fd < 0) {
      forbidden.push(path);
      continue;
    }
    try {
      const info = Buffer.alloc(chipInfoBytes);
      if ((ioctl(fd, getChipInfo, info) as number) < 0) continue;
      const lines = Array.from({ length: info.readUInt32LE(64) }, (_, offset): LineFacts => {
        const line = Buffer.alloc(lineInfoBytes);
        line.writeUInt32LE(offset, offsetAt);
        const isKnown = (ioctl(fd, getLineInfo, line) as number) >= 0;
        const isUsed = isKnown && (line.readBigUInt64LE(flagsAt) & flagUsed) !== 0n;
        return { offset, consumer: isUsed ? textAt(line, consumerAt) || "the kernel" : null };
      });
      chips.push({ path, label: textAt(info, 32), lines });
    } finally {
      close(fd);
    }
  }
  return { chips, forbidden };
}

function textAt(bytes: Buffer, at: number): string {
  const text = bytes.subarray(at, at + 32);
  const end = text.indexOf(0);
  return text.toString("utf8", 0, end < 0 ? text.length : end);
}
