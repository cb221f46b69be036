// One request for lines that is open: reads and sets its first line; knows no line's use.
import { Fault } from "../../fault.ts";
import { findChip, requestLines } from "./chips.ts";
import type { GpioKernel } from "./kernel.ts";
import type { LineOrder } from "./uapi.ts";
import { decodeValue, encodeValue, getValuesRequest, setValuesRequest } from "./uapi.ts";

/** Where lines are had from. */
export interface LineSource {
  readonly kernel: GpioKernel;
  /** A label or a name; null is the header's chip. */
  readonly chip: string | null;
}

export const openLines = ({ kernel, chip }: LineSource, order: LineOrder): number => requestLines(kernel, chip, order);

/** Tells lines of one machine apart, whatever the chip is called in a configuration. */
export const placeOf = ({ kernel, chip }: LineSource, pin: number): string => `${findChip(kernel, chip).path} ${pin}`;

export function readValue(kernel: GpioKernel, descriptor: number): boolean {
  const bytes = encodeValue(false);
  check(kernel.ioctl(descriptor, getValuesRequest, bytes));
  return decodeValue(bytes);
}

export function writeValue(kernel: GpioKernel, descriptor: number, value: boolean): void {
  check(kernel.ioctl(descriptor, setValuesRequest, encodeValue(value)));
}

function check(result: number): void {
  if (result < 0) {
    throw new Fault("gpio.failed", `The line does not answer (error ${-result}); see whether its chip is there.`);
  }
}
