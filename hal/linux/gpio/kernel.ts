// The contract for what the lines need of the operating system, small enough that a test can be one; knows no line's use.

/** Hears of one request's lines. Calls come in the order in which the kernel tells. */
export interface Hearing {
  /** Whole events, as the kernel wrote them. */
  events(bytes: Uint8Array): void;
  /** All that happened up to this instant (CLOCK_MONOTONIC) has been told, and nothing has for the asked time before it. */
  quiet(atNs: bigint): void;
  /** The chip has left; nothing more comes. */
  gone(): void;
}

export interface GpioKernel {
  /** The paths of the chips, in the order of their numbers. */
  chips(): readonly string[];
  /** A descriptor, or an error number below zero; so do the others. */
  open(path: string): number;
  ioctl(descriptor: number, request: number, argument: Buffer): number;
  close(descriptor: number): void;
  /**
   * Takes the descriptor over, and closes it when the returned function is called or when all ends. Said to be quiet, once
   * after each stretch of events, when nothing came for `quietMs`; null never is.
   */
  watch(descriptor: number, quietMs: number | null, hearing: Hearing): () => void;
  /** At once: when it returns the watched lines are free again. */
  stop(): void;
}
