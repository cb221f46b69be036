// A board without wires: a person, a scenario or a test moves its inputs and sees its relays; knows no door or credential.
import type {
  Board,
  BoardEvent,
  BoardSpec,
  DeviceHealth,
  FrameFormat,
  ReaderSignal,
  ReaderWiring,
  WireFault,
} from "../board.ts";
import type { Clock, MonoMs } from "../clock.ts";
import { Fault } from "../fault.ts";
import { InputLine } from "./input-line.ts";
import { encodeCard, encodeKeyAs, maxFrameBits } from "./wiegand-encoder.ts";

export type BoardChange =
  /** Every write that the relay took, moved or not. */
  | {
      readonly kind: "relay";
      readonly relay: string;
      readonly energized: boolean;
      readonly cause: string;
      readonly at: MonoMs;
    }
  | { readonly kind: "signal"; readonly reader: string; readonly signal: ReaderSignal; readonly at: MonoMs }
  /** What the contact or button does, also while its wire is lost and nothing reports it. */
  | { readonly kind: "input"; readonly input: string; readonly active: boolean; readonly at: MonoMs }
  /** What the board told its listener. */
  | { readonly kind: "event"; readonly event: BoardEvent };

export interface BoardSnapshot {
  readonly relays: Readonly<Record<string, boolean>>;
  readonly inputs: Readonly<Record<string, boolean>>;
  readonly readers: Readonly<Record<string, ReaderSnapshot>>;
}

/** What types like a keyboard is played as what it is otherwise. */
export type PlayedKind = Exclude<ReaderWiring["kind"], "keyboard" | "tag">;

export interface ReaderSnapshot {
  readonly kind: PlayedKind;
  readonly format: FrameFormat | null;
  readonly keypad: boolean;
  readonly lost: boolean;
}

/** Every control throws a Fault with code `sim.refused` and one sentence when it makes no sense. */
export interface SimBoard extends Board {
  tap(reader: string, cardHex: string): void;
  frame(reader: string, bits: string): void;
  keys(reader: string, keys: string): void;
  text(reader: string, text: string): void;
  setInput(input: string, active: boolean): void;
  /** What the line carries, of which the wiring says what it means. */
  setLevel(input: string, level: "low" | "high"): void;
  /** Of a supervised input: its level is not seen until the wire is healed. */
  breakWire(input: string, fault: WireFault): void;
  healWire(input: string): void;
  /** A press of a held button holds it for so long again. */
  press(input: string, durationMs: number): void;
  lose(device: string, why: string): void;
  find(device: string): void;
  stickRelay(relay: string, why: string): void;
  freeRelay(relay: string): void;
  /** Hears of each change before the board's listener does; returns what ends it. */
  observe(observer: (change: BoardChange) => void): () => void;
  snapshot(): BoardSnapshot;
}

export const maxTextLength = 512;
const maxKeysAtOnce = 64;
const maxPressMs = 24 * 60 * 60 * 1000;

interface RelayState {
  energized: boolean;
  stuckWhy: string | null;
  since: MonoMs;
}

interface DeviceState {
  lostWhy: string | null;
  since: MonoMs;
}

interface ReaderState extends DeviceState {
  readonly wiring: ReaderWiring;
}

export function createSimBoard(spec: BoardSpec, clock: Clock): SimBoard {
  return new SimulatedBoard(spec, clock);
}

class SimulatedBoard implements SimBoard {
  readonly kind = "simulated";
  readonly #clock: Clock;
  readonly #relays: ReadonlyMap<string, RelayState>;
  readonly #inputs: ReadonlyMap<string, InputLine>;
  readonly #readers: ReadonlyMap<string, ReaderState>;
  readonly #observers = new Set<(change: BoardChange) => void>();
  #listen: ((event: BoardEvent) => void) | null = null;

  constructor(spec: BoardSpec, clock: Clock) {
    this.#clock = clock;
    const since = clock.mono();
    this.#relays = byId("relay", [...spec.relays, ...(spec.readerRelays ?? [])], () => ({
      energized: false,
      stuckWhy: null,
      since,
    }));
    this.#inputs = byId("input", [...spec.inputs, ...(spec.readerInputs ?? [])], (wiring) => {
      const moved = (active: boolean): void =>
        this.#tell({ kind: "input", input: wiring.id, active, at: clock.mono() });
      return new InputLine({ wiring, clock, moved, report: (event) => this.#report(event) });
    });
    this.#readers = byId("reader", spec.readers, (wiring) => ({ wiring, lostWhy: null, since }));
  }

  start(listen: (event: BoardEvent) => void): void {
    if (this.#listen !== null) throw new Fault("board.running", "The simulated board was started twice.");
    this.#listen = listen;
    for (const [device, { lostWhy }] of [...this.#readers, ...this.#inputs]) {
      if (lostWhy !== null) this.#report({ kind: "lost", device, why: lostWhy, at: this.#clock.mono() });
    }
    for (const line of this.#inputs.values()) line.introduce();
  }

  stop(): void {
    this.#listen = null;
    for (const line of this.#inputs.values()) line.stop();
  }

  drive(relay: string, energized: boolean, cause: string): void {
    const state = this.#relays.get(relay);
    const why = state === undefined ? "there is no such relay" : state.stuckWhy;
    if (state === undefined || why !== null) {
      throw new Fault("relay.failed", `relay ${quote(relay)} did not take it: ${why}`, {
        relay,
        energized,
        cause,
        why,
      });
    }
    state.energized = energized;
    this.#tell({ kind: "relay", relay, energized, cause, at: this.#clock.mono() });
  }

  signal(reader: string, signal: ReaderSignal): void {
    const state = this.#readers.get(reader);
    if (state === undefined)
      throw new Fault("reader.unknown", `there is no reader ${quote(reader)}`, { reader, signal });
    if (state.lostWhy === null) this.#tell({ kind: "signal", reader, signal, at: this.#clock.mono() });
  }

  health(): readonly DeviceHealth[] {
    const readers = [...this.#readers].map(([id, { lostWhy, since }]) => deviceHealth(id, lostWhy, since));
    const inputs = [...this.#inputs].map(([id, { trouble, since }]) => deviceHealth(id, trouble, since));
    const relays = [...this.#relays].map(([id, { stuckWhy, since }]) => deviceHealth(id, stuckWhy, since));
    return [...readers, ...inputs, ...relays];
  }

  tap(reader: string, cardHex: string): void {
    const { wiring } = this.#reader(reader);
    if (wiring.kind === "pcsc" || wiring.kind === "tag") {
      this.#present(reader, shownAt(wiring, cardHex, this.#clock.mono()));
      return;
    }
    if (!readsCards(wiring)) refuse(`Reader ${quote(reader)} is a ${wiring.kind} and reads no cards.`);
    const encoded = encodeCard(cardHex, wiring.format);
    if (!encoded.ok) refuse(encoded.problem);
    this.#present(reader, { kind: "frame", reader, bits: encoded.bits, at: this.#clock.mono() });
  }

  frame(reader: string, bits: string): void {
    const { wiring } = this.#reader(reader);
    if (!readsCards(wiring)) refuse(`Reader ${quote(reader)} is a ${wiring.kind} and sends no frames.`);
    if (!/^[01]+$/.test(bits) || bits.length > maxFrameBits)
      refuse(`A frame is 1 to ${maxFrameBits} digits of 0 and 1.`);
    this.#present(reader, { kind: "frame", reader, bits, at: this.#clock.mono() });
  }

  keys(reader: string, keys: string): void {
    const { wiring } = this.#reader(reader);
    if (!hasKeys(wiring)) {
      refuse(`Reader ${quote(reader)} has no keypad.`);
    }
    const nibbles = [...keys].map((key) =>
      encodeKeyAs(wiring.kind === "wiegand" ? (wiring.keys ?? "usual") : "usual", key),
    );
    if (nibbles.length < 1 || nibbles.length > maxKeysAtOnce || nibbles.includes(null)) {
      refuse(`Keys are 1 to ${maxKeysAtOnce} of 0 to 9, * and #.`);
    }
    for (const [place, bits] of nibbles.entries()) {
      const at = this.#clock.mono();
      if (wiring.kind !== "wiegand") this.#present(reader, { kind: "key", reader, key: keys.charAt(place), at });
      else if (bits !== null) this.#present(reader, { kind: "frame", reader, bits, at });
    }
  }

  text(reader: string, text: string): void {
    const { wiring } = this.#reader(reader);
    if (!readsText(wiring)) refuse(`Reader ${quote(reader)} is a ${wiring.kind} and reads no text.`);
    // A serial scanner's driver drops these too, without a word: there is no one to answer.
    if (text.length < 1 || text.length > maxTextLength || hasControlCharacter(text)) return;
    this.#present(reader, { kind: "text", reader, text, at: this.#clock.mono() });
  }

  setInput(input: string, active: boolean): void {
    this.#input(input).move(active);
  }

  setLevel(input: string, level: "low" | "high"): void {
    const line = this.#input(input);
    line.move(level === (line.wiring.activeLevel ?? "low"));
  }

  breakWire(input: string, fault: WireFault): void {
    const line = this.#input(input);
    if (line.wiring.supervised !== true) {
      refuse(`Input ${quote(input)} is not supervised: on its line a broken wire is just a level.`);
    }
    line.setFault(fault);
  }

  healWire(input: string): void {
    this.#input(input).setFault(null);
  }

  press(input: string, durationMs: number): void {
    const line = this.#input(input);
    if (!(durationMs > 0 && durationMs <= maxPressMs)) refuse("A press lasts longer than nothing and at most a day.");
    line.press(durationMs);
  }

  lose(device: string, why: string): void {
    const state = this.#device(device);
    if (state.lostWhy !== null) return;
    state.lostWhy = why;
    state.since = this.#clock.mono();
    this.#report({ kind: "lost", device, why, at: state.since });
  }

  find(device: string): void {
    const state = this.#device(device);
    if (state.lostWhy === null) return;
    state.lostWhy = null;
    state.since = this.#clock.mono();
    this.#report({ kind: "found", device, at: state.since });
    this.#inputs.get(device)?.introduce();
  }

  stickRelay(relay: string, why: string): void {
    const state = this.#relay(relay);
    state.stuckWhy = why;
    state.since = this.#clock.mono();
  }

  freeRelay(relay: string): void {
    const state = this.#relay(relay);
    state.stuckWhy = null;
    state.since = this.#clock.mono();
  }

  observe(observer: (change: BoardChange) => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  snapshot(): BoardSnapshot {
    return {
      relays: Object.fromEntries([...this.#relays].map(([id, { energized }]) => [id, energized])),
      inputs: Object.fromEntries([...this.#inputs].map(([id, { active }]) => [id, active])),
      readers: Object.fromEntries([...this.#readers].map(([id, state]) => [id, readerSnapshot(state)])),
    };
  }

  #present(reader: string, event: BoardEvent): void {
    if (this.#reader(reader).lostWhy === null) this.#report(event);
  }

  #report(event: BoardEvent): void {
    const listen = this.#listen;
    if (listen === null) return;
    this.#tell({ kind: "event", event });
    listen(event);
  }

  #tell(change: BoardChange): void {
    for (const observer of [...this.#observers]) observer(change);
  }

  #device(device: string): DeviceState {
    const state = this.#readers.get(device) ?? this.#inputs.get(device);
    if (state !== undefined) return state;
    if (this.#relays.has(device)) refuse(`${quote(device)} is a relay: it can be stuck and freed, not lost and found.`);
    return refuse(`There is no reader or input ${quote(device)}.`);
  }

  #relay(relay: string): RelayState {
    return this.#relays.get(relay) ?? refuse(`There is no relay ${quote(relay)}.`);
  }

  #input(input: string): InputLine {
    return this.#inputs.get(input) ?? refuse(`There is no input ${quote(input)}.`);
  }

  #reader(reader: string): ReaderState {
    return this.#readers.get(reader) ?? refuse(`There is no reader ${quote(reader)}.`);
  }
}

function byId<Wiring extends { readonly id: string }, State>(
  what: string,
  wirings: readonly Wiring[],
  create: (wiring: Wiring) => State,
): ReadonlyMap<string, State> {
  const states = new Map<string, State>();
  for (const wiring of wirings) {
    if (states.has(wiring.id)) refuse(`There are two ${what}s ${quote(wiring.id)}.`);
    states.set(wiring.id, create(wiring));
  }
  return states;
}

/** A UID, or what a secured card holds; a random UID is refused where the real driver would refuse it. */
function shownAt(wiring: Extract<ReaderWiring, { kind: "pcsc" | "tag" }>, cardHex: string, at: MonoMs): BoardEvent {
  const bytes = cardHex.toUpperCase();
  if (!/^(?:[0-9A-F]{2}){4,32}$/.test(bytes)) refuse("A card is 4 to 32 bytes in hex, such as 02B775D2.");
  if (wiring.kind === "tag") return { kind: "card", reader: wiring.id, bytes: bytes.slice(-8), proven: true, at };
  const proven = [wiring.classic, wiring.plus, wiring.desfire].includes("secured");
  if (!proven && /^08[0-9A-F]{6}$/.test(bytes)) {
    return { kind: "unread", reader: wiring.id, problem: "randomNumber", at };
  }
  return { kind: "card", reader: wiring.id, bytes, proven, at };
}

function readerSnapshot({ wiring, lostWhy }: ReaderState): ReaderSnapshot {
  return {
    kind: playedKind(wiring),
    format: readsCards(wiring) ? wiring.format : null,
    keypad: hasKeys(wiring),
    lost: lostWhy !== null,
  };
}

function playedKind(wiring: ReaderWiring): PlayedKind {
  // A tag is tapped like any card.
  if (wiring.kind === "tag") return "pcsc";
  if (wiring.kind !== "keyboard") return wiring.kind;
  return wiring.types === "keys" ? "keypad" : "scanner";
}

type CardReader = Extract<ReaderWiring, { kind: "wiegand" | "osdp" }>;

const readsCards = (wiring: ReaderWiring): wiring is CardReader => wiring.kind === "wiegand" || wiring.kind === "osdp";
function hasKeys(wiring: ReaderWiring): boolean {
  if (wiring.kind === "keyboard") return wiring.types === "keys";
  return wiring.kind === "keypad" || (readsCards(wiring) && wiring.keypad);
}
function readsText(wiring: ReaderWiring): boolean {
  if (wiring.kind === "keyboard") return wiring.types === "text";
  return wiring.kind === "scanner" || wiring.kind === "plate" || wiring.kind === "camera";
}

const deviceHealth = (device: string, why: string | null, since: MonoMs): DeviceHealth =>
  why === null ? { device, state: "ok", why: "", since } : { device, state: "lost", why, since };

function hasControlCharacter(text: string): boolean {
  return [...text].some((character) => character < " " || (character >= "\u007f" && character < "\u00a0"));
}

const quote = (id: string): string => JSON.stringify(id.length > 64 ? `${id.slice(0, 64)}…` : id);

function refuse(problem: string): never {
  throw new Fault("sim.refused", problem);
}
