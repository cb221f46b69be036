// What the readers' buzzers sound like, for who turned it on; knows no door.

type Signal = "granted" | "denied" | "key" | "next" | "warning";

/** Frequency in Hz, start and length in seconds. */
const tunes: Record<Signal, readonly (readonly [number, number, number])[]> = {
  granted: [
    [1_320, 0, 0.09],
    [1_760, 0.11, 0.16],
  ],
  denied: [
    [220, 0, 0.16],
    [220, 0.22, 0.22],
  ],
  key: [[1_040, 0, 0.035]],
  next: [[1_320, 0, 0.09]],
  warning: [
    [880, 0, 0.12],
    [880, 0.24, 0.12],
    [880, 0.48, 0.12],
  ],
};
const loudness = 0.06;

export class Sound {
  #context: AudioContext | null = null;

  get on(): boolean {
    return this.#context !== null;
  }

  /** Browsers allow sound only from a person's own press. */
  toggle(): boolean {
    if (this.#context === null) this.#context = new AudioContext();
    else {
      void this.#context.close();
      this.#context = null;
    }
    return this.on;
  }

  play(signal: Signal): void {
    const context = this.#context;
    if (context === null) return;
    for (const [hertz, start, length] of tunes[signal]) {
      const from = context.currentTime + start;
      const gain = context.createGain();
      gain.gain.setValueAtTime(loudness, from);
      gain.gain.exponentialRampToValueAtTime(0.0005, from + length);
      const tone = context.createOscillator();
      tone.type = signal === "denied" ? "square" : "sine";
      tone.frequency.value = hertz;
      tone.connect(gain).connect(context.destination);
      tone.start(from);
      tone.stop(from + length);
    }
  }
}
