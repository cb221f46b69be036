// What people show, read off the board's events by other means than the product's: the soak's witness knows from it which
// asks there must be, and what was presented in each.
import type { BoardEvent } from "../../hal/board.ts";
import type { CardCode, Presentation } from "../../src/domain/presentation.ts";
import type { ReaderSpec, SiteSpec } from "../../src/domain/site.ts";

type ReaderEvent = Extract<BoardEvent, { reader: string }>;

interface Typing {
  keys: string;
  overlong: boolean;
  lastAt: number;
}

const cardBits = { w26: 24, w34: 32, w37: 35 } as const;
const parityReach = { w26: 13, w34: 17, w37: 19 } as const;

/** One life of the door loop's readers: half-typed codes are gone with it. */
export class ShownReader {
  readonly #site: SiteSpec;
  readonly #typing = new Map<string, Typing>();

  constructor(site: SiteSpec) {
    this.#site = site;
  }

  /** Null when the event completes no presentation. */
  take(event: ReaderEvent): Presentation | null {
    const reader = this.#site.readers.find((one) => one.id === event.reader);
    if (reader === undefined) return null;
    if (event.kind === "text") return readText(event.text);
    if (event.kind === "card") return { method: "card", code: event.bytes.padStart(8, "0") as CardCode };
    if (event.kind === "key") return this.#type(reader, event.key, event.at);
    if (event.kind === "unread") return null;
    if ([4, 8].includes(event.bits.length) && (reader.keypad || reader.format === null)) {
      const key = keyOf(event.bits);
      return key === undefined ? null : this.#type(reader, key, event.at);
    }
    return readCard(event.bits, reader.format);
  }

  #type(reader: ReaderSpec, key: string, at: number): Presentation | null {
    const { keyTimeoutMs, maxKeys, autoSubmitLength } = this.#site.keypad;
    const known = this.#typing.get(reader.id);
    const typing = known !== undefined && at - known.lastAt < keyTimeoutMs ? known : { keys: "", overlong: false };
    this.#typing.delete(reader.id);
    if (key === "*") return null;
    if (key === "#") return typing.overlong || typing.keys !== "" ? pin(typing.overlong ? null : typing.keys) : null;
    const overlong = typing.overlong || typing.keys.length === maxKeys;
    const keys = typing.keys + key;
    if (!overlong && keys.length === autoSubmitLength) return pin(keys);
    this.#typing.set(reader.id, { keys, overlong, lastAt: at });
    return null;
  }
}

/** Four bits, or eight of which the first four are the others turned around. */
function keyOf(bits: string): string | undefined {
  const low = Number.parseInt(bits.slice(-4), 2);
  const whole = bits.length === 4 || Number.parseInt(bits.slice(0, 4), 2) + low === 15;
  return whole ? "0123456789*#"[low] : undefined;
}

const pin = (digits: string | null): Presentation => ({ method: "pin", digits });

const readText = (text: string): Presentation | null => (/^[ -~]{1,300}$/.test(text) ? { method: "qr", text } : null);

function readCard(bits: string, format: ReaderSpec["format"]): Presentation | null {
  if (format !== "w26" && format !== "w34" && format !== "w37") return null;
  if (bits.length !== cardBits[format] + 2) return null;
  const ones = (part: string): number => [...part].filter((bit) => bit === "1").length;
  const reach = parityReach[format];
  if (ones(bits.slice(0, reach)) % 2 !== 0 || ones(bits.slice(-reach)) % 2 !== 1) return null;
  const value = Number.parseInt(bits.slice(1, -1), 2);
  const code = value
    .toString(16)
    .toUpperCase()
    .padStart(format === "w37" ? 10 : 8, "0");
  return { method: "card", code: code as Extract<Presentation, { method: "card" }>["code"] };
}
