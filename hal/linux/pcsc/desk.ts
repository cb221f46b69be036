// The process that talks to pcscd, without its process: which readers are there, whose cards are whose, and pcscd's comings and goings.
import type { PcscWiring } from "../../card-profile.ts";
import { keyTrouble } from "./card-key.ts";
import type { CardReaderParts } from "./card-reader.ts";
import { CardReader } from "./card-reader.ts";
import type { DaemonState } from "./daemon-probe.ts";
import { daemonTroubles } from "./daemon-probe.ts";
import type { Driver, DriverListener, OpenDriver, ShownCard } from "./driver.ts";
import type { FromPcsc, PcscStart } from "./messages.ts";

export interface DeskParts extends Pick<CardReaderParts, "secrets" | "now" | "stuck"> {
  readonly start: PcscStart;
  readonly openDriver: OpenDriver;
  readonly probe: () => Promise<DaemonState>;
  readonly tell: (message: FromPcsc) => void;
}

/** What lies there so soon after its reader came lay there before: it was shown to nobody who is here now. */
const lyingMs = 400;
const settlingMs = 800;

export class PcscDesk {
  readonly #parts: DeskParts;
  readonly #readers: readonly { readonly wiring: PcscWiring; readonly reader: CardReader }[];
  /** The names that pcscd has, and whose of ours each is. */
  readonly #places = new Map<string, string | null>();
  readonly #told = new Map<string, string>();
  readonly #cameAt = new Map<string, number>();
  #driver: Driver | null = null;
  #attempt = 0;
  #openedAt = 0;
  #looking = false;

  constructor(parts: DeskParts) {
    this.#parts = parts;
    const { secrets, now, stuck, tell } = parts;
    this.#readers = parts.start.readers.map((wiring) => ({
      wiring,
      reader: new CardReader({ wiring, secrets, now, stuck, tell }),
    }));
  }

  /** To be called again and again: opens what is not open, and notices when pcscd no longer answers. */
  async look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    try {
      this.#checkKeys();
      const state = await this.#parts.probe();
      if (state === "answers") await this.#open();
      else this.#allGone(daemonTroubles[state]);
      if (state === "absent") this.#drop();
    } finally {
      this.#looking = false;
    }
  }

  async #open(): Promise<void> {
    if (this.#driver === null) {
      this.#attempt += 1;
      try {
        this.#openedAt = this.#parts.now();
        this.#driver = await this.#parts.openDriver(this.#listener(this.#attempt));
      } catch (error) {
        this.#allGone(whyOf(error, this.#parts.start.driver));
        return;
      }
    }
    // It takes a moment to say which readers there are.
    if (this.#parts.now() - this.#openedAt < settlingMs) return;
    for (const { wiring } of this.#readers) this.#tellPresence(wiring);
  }

  #drop(): void {
    const driver = this.#driver;
    this.#driver = null;
    this.#attempt += 1;
    this.#places.clear();
    for (const { reader } of this.#readers) reader.went();
    driver?.close();
  }

  #listener(attempt: number): DriverListener {
    const whileOpen =
      <Values extends unknown[]>(run: (...values: Values) => void) =>
      (...values: Values): void => {
        if (attempt === this.#attempt) run(...values);
      };
    return {
      readerCame: whileOpen((name: string) => {
        this.#cameAt.set(name, this.#parts.now());
        this.#place(name);
      }),
      readerWent: whileOpen((name: string) => this.#leave(name)),
      cardMute: whileOpen((name: string) => this.#readerAt(name)?.mute()),
      cardCame: whileOpen((name: string, card: ShownCard) => {
        const isLying = this.#parts.now() - (this.#cameAt.get(name) ?? 0) < lyingMs;
        if (!isLying) void this.#readerAt(name)?.came(card);
      }),
      cardWent: whileOpen((name: string) => this.#readerAt(name)?.went()),
      broke: whileOpen((why: string) => {
        this.#allGone(`pcscd broke off (${why}); it is looked for again.`);
        this.#drop();
      }),
    };
  }

  /** The first of ours that the name fits and that has none yet. */
  #place(name: string): void {
    if (typeof this.#places.get(name) === "string") return;
    const taken = new Set(this.#places.values());
    const own = this.#readers.find(({ wiring }) => fits(name, wiring.device) && !taken.has(wiring.id));
    this.#places.set(name, own?.wiring.id ?? null);
    if (own !== undefined) this.#tellPresence(own.wiring);
  }

  #leave(name: string): void {
    this.#readerAt(name)?.went();
    const id = this.#places.get(name);
    this.#places.delete(name);
    const wiring = this.#readers.find((one) => one.wiring.id === id)?.wiring;
    // Another that fits may have been waiting.
    for (const [other, owner] of [...this.#places]) if (owner === null) this.#place(other);
    if (wiring !== undefined) this.#tellPresence(wiring);
  }

  #readerAt(name: string): CardReader | undefined {
    const id = this.#places.get(name);
    return this.#readers.find(({ wiring }) => wiring.id === id)?.reader;
  }

  #tellPresence({ id, device }: PcscWiring): void {
    if ([...this.#places.values()].includes(id)) this.#tellOnce(id, { kind: "there", reader: id });
    else this.#gone(id, absence(device, [...this.#places.keys()]));
  }

  #allGone(why: string): void {
    for (const { wiring } of this.#readers) this.#gone(wiring.id, why);
  }

  #gone(reader: string, why: string): void {
    this.#tellOnce(reader, { kind: "gone", reader, why });
  }

  #checkKeys(): void {
    const { keysDir } = this.#parts.start;
    for (const { wiring } of this.#readers) {
      const why = keyTrouble(keysDir, wiring.profiles);
      this.#tellOnce(`keys of ${wiring.id}`, { kind: "keys", reader: wiring.id, why });
    }
  }

  #tellOnce(about: string, message: FromPcsc): void {
    const text = JSON.stringify(message);
    if (this.#told.get(about) === text) return;
    this.#told.set(about, text);
    this.#parts.tell(message);
  }
}

/**
 * A part of the name, in any case; `*` stands for anything within it. A reader's slot for a secure module of its own (SAM) shows
 * beside the one for cards, and is meant only where it is named.
 */
export function fits(name: string, pattern: string): boolean {
  const ofModule = /\bsam\b/i;
  if (ofModule.test(name) && !ofModule.test(pattern)) return false;
  const parts = pattern.toLowerCase().split("*");
  let from = 0;
  for (const part of parts) {
    const at = name.toLowerCase().indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

function absence(device: string, names: readonly string[]): string {
  const there = names.length === 0 ? "it has no reader at all" : `it has ${names.slice(0, 4).join("; ")}`;
  return `pcscd has no reader "${device}" (${there}); plug it in, or correct "device".`;
}

function whyOf(error: unknown, driver: string): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  const isMissing = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" || code === "ERR_DLOPEN_FAILED";
  if (isMissing || /bindings file|\.node'/.test(String(message))) return missingPackage(driver);
  return `pcscd could not be opened (${String(message)}); it is tried again.`;
}

export const missingPackage = (driver: string): string =>
  `The package ${driver} is not installed, or not built for this Node; install g++, make, python3 and libpcsclite-dev, then run \`npm install\`.`;
