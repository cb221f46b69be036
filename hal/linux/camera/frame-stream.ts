// Cuts a stream of bytes into frames of one size, into buffers that it is given; knows no camera and no code.

export interface FrameStreamParts {
  readonly frameBytes: number;
  /** Null: this frame is let pass unread. */
  readonly buffer: () => Uint8Array<ArrayBuffer> | null;
  /** The buffer is filled, or null was given for it. */
  readonly onFrame: (filled: Uint8Array<ArrayBuffer> | null) => void;
}

export class FrameStream {
  readonly #parts: FrameStreamParts;
  #filled = 0;
  #target: Uint8Array<ArrayBuffer> | null = null;

  constructor(parts: FrameStreamParts) {
    this.#parts = parts;
  }

  take(chunk: Uint8Array): void {
    const { frameBytes, buffer, onFrame } = this.#parts;
    for (let from = 0; from < chunk.length; ) {
      if (this.#filled === 0) this.#target = buffer();
      const part = chunk.subarray(from, from + frameBytes - this.#filled);
      this.#target?.set(part, this.#filled);
      this.#filled += part.length;
      from += part.length;
      if (this.#filled < frameBytes) return;
      const target = this.#target;
      this.#filled = 0;
      this.#target = null;
      onFrame(target);
    }
  }
}
