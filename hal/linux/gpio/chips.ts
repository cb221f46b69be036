// Finds the chip that the terminals are on by its label, and gets lines of it from the kernel; knows no line's use.
import { Fault } from "../../fault.ts";
import type { GpioKernel } from "./kernel.ts";
import type { ChipInfo, LineOrder } from "./uapi.ts";
import {
  chipInfoBuffer,
  chipInfoRequest,
  decodeChipInfo,
  decodeConsumer,
  decodeDescriptor,
  encodeLineInfo,
  encodeLineRequest,
  lineInfoRequest,
  lineRequest,
} from "./uapi.ts";

/** Of the 40-pin header: Raspberry Pi 5, 4, and those before. */
export const headerLabels = ["pinctrl-rp1", "pinctrl-bcm2711", "pinctrl-bcm2835"] as const;

const error = { permission: 1, noSuchDevice: 19, access: 13, busy: 16, invalid: 22, notSupported: 25 } as const;

export interface FoundChip extends ChipInfo {
  readonly path: string;
}

/** `chip` is a label or a name; null is the header's. */
export function findChip(kernel: GpioKernel, chip: string | null): FoundChip {
  const paths = kernel.chips();
  if (paths.length === 0) {
    throw refused(
      'This machine has no /dev/gpiochip*, so nothing can be driven or read; run Postern on a board with lines, or set gpio.driver to "sysfs" if its kernel is too old for them.',
    );
  }
  const found = paths.map((path) => lookAt(kernel, path));
  const wanted: readonly string[] = chip === null ? headerLabels : [chip];
  const fitting = found.filter(({ label, name }) => wanted.includes(label) || (chip !== null && name === chip));
  const [first] = fitting;
  if (first !== undefined && fitting.length === 1) return first;
  const there = found.map(({ name, label }) => `${name} "${label}"`).join(", ");
  const problem =
    first === undefined
      ? chip === null
        ? "None of this machine's chips is known as the one of a header"
        : `This machine has no chip "${chip}"`
      : "More than one chip fits";
  throw refused(`${problem}; name one of these in gpio.chip: ${there}.`);
}

/** The descriptor of a request for lines. Throws a Fault that says what mends it. */
export function requestLines(kernel: GpioKernel, chip: string | null, order: LineOrder): number {
  const found = findChip(kernel, chip);
  const missing = order.offsets.find((offset) => offset >= found.lines);
  if (missing !== undefined) {
    throw refused(`Chip "${found.label}" has no line ${missing}, only 0 to ${found.lines - 1}; correct the pin.`);
  }
  return withChip(kernel, found.path, (descriptor) => {
    const request = encodeLineRequest(order);
    const result = kernel.ioctl(descriptor, lineRequest, request);
    if (result >= 0) return decodeDescriptor(request);
    throw refused(whyRefused(kernel, descriptor, order, -result));
  });
}

function lookAt(kernel: GpioKernel, path: string): FoundChip {
  return withChip(kernel, path, (descriptor) => {
    const info = chipInfoBuffer();
    const result = kernel.ioctl(descriptor, chipInfoRequest, info);
    if (result < 0) throw refused(`${path} does not say what it is (error ${-result}); restart the machine.`);
    return { path, ...decodeChipInfo(info) };
  });
}

function withChip<Result>(kernel: GpioKernel, path: string, use: (descriptor: number) => Result): Result {
  const descriptor = kernel.open(path);
  if (descriptor < 0) throw refused(whyClosed(path, -descriptor));
  try {
    return use(descriptor);
  } finally {
    kernel.close(descriptor);
  }
}

function whyClosed(path: string, code: number): string {
  if (code === error.permission || code === error.access) {
    return `Postern may not open ${path}; make its user a member of the group that the device belongs to, usually gpio.`;
  }
  return `${path} cannot be opened (error ${code}); see whether its driver is loaded.`;
}

function whyRefused(kernel: GpioKernel, descriptor: number, { offsets }: LineOrder, code: number): string {
  const lines = `${offsets.length === 1 ? "Line" : "Lines"} ${offsets.join(" and ")}`;
  switch (code) {
    case error.busy: {
      const owners = offsets.map((offset) => ownerOf(kernel, descriptor, offset)).filter((owner) => owner !== "");
      const owner = owners.length === 0 ? "something else" : `"${owners.join('" and "')}"`;
      return `${lines} already used by ${owner}; end that, or switch off the overlay that takes it, or use another pin.`;
    }
    case error.notSupported:
      return "This kernel is older than 5.10 and knows no such requests; update it.";
    case error.noSuchDevice:
      return `${lines} left with the chip; connect it again.`;
    case error.invalid:
      return `${lines} cannot be used so: the chip does not do what is asked of it; use another pin.`;
    default:
      return `${lines} cannot be had (error ${code}); see the kernel's log.`;
  }
}

function ownerOf(kernel: GpioKernel, descriptor: number, offset: number): string {
  const info = encodeLineInfo(offset);
  return kernel.ioctl(descriptor, lineInfoRequest, info) < 0 ? "" : decodeConsumer(info);
}

const refused = (why: string): Fault => new Fault("gpio.refused", why);
