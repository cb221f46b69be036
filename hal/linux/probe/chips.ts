// Reads which chips of lines there are and who holds their lines, in the words of the driver of lines; takes no line.
import type { GpioKernel } from "../gpio/kernel.ts";
import {
  chipInfoBuffer,
  chipInfoRequest,
  decodeChipInfo,
  decodeConsumer,
  decodeIsUsed,
  encodeLineInfo,
  lineInfoRequest,
} from "../gpio/uapi.ts";
import type { ChipFacts, LineFacts } from "./machine-facts.ts";

export interface ChipsRead {
  readonly chips: readonly ChipFacts[];
  readonly forbidden: readonly string[];
}

export function readChips(kernel: GpioKernel): ChipsRead {
  const chips: ChipFacts[] = [];
  const forbidden: string[] = [];
  for (const path of kernel.chips()) {
    const descriptor = kernel.open(path);
    if (descriptor < 0) {
      forbidden.push(path);
      continue;
    }
    try {
      const info = chipInfoBuffer();
      if (kernel.ioctl(descriptor, chipInfoRequest, info) < 0) continue;
      const { label, lines } = decodeChipInfo(info);
      chips.push({ path, label, lines: Array.from({ length: lines }, (_, n) => lineOf(kernel, descriptor, n)) });
    } finally {
      kernel.close(descriptor);
    }
  }
  return { chips, forbidden };
}

function lineOf(kernel: GpioKernel, descriptor: number, offset: number): LineFacts {
  const line = encodeLineInfo(offset);
  const isUsed = kernel.ioctl(descriptor, lineInfoRequest, line) >= 0 && decodeIsUsed(line);
  return { offset, consumer: isUsed ? decodeConsumer(line) || "the kernel" : null };
}
