// What Linux tells of a keyboard (<linux/input.h>) becomes keys of an entry, or the bytes that a scanner typed. Knows no device.
//
// An event is 24 bytes on 64-bit systems, little-endian: its time, then type, code and value. A key is told going down (1),
// repeating (2) and coming up (0); a dropped stretch (SYN_DROPPED) means that keys were lost.

const eventBytes = 24;
const typeAt = 16;
const codeAt = 18;
const valueAt = 20;
const sync = 0;
const keys = 1;
const dropped = 3;
const down = 1;
const shifts: ReadonlySet<number> = new Set([42, 54]);

/** By their codes from the first on, without and with shift; scanners type as on a keyboard of the USA unless told otherwise. */
const rows: readonly (readonly [first: number, plain: string, shifted: string])[] = [
  [2, "1234567890-=", "!@#$%^&*()_+"],
  [16, "qwertyuiop[]", "QWERTYUIOP{}"],
  [30, "asdfghjkl;'`", 'ASDFGHJKL:"~'],
  [43, "\\zxcvbnm,./", "|ZXCVBNM<>?"],
  [55, "*", "*"],
  [57, " ", " "],
  [71, "789-456+1230.", "789-456+1230."],
  [98, "/", "/"],
];
const enters: ReadonlySet<number> = new Set([28, 96]);
/** Escape, backspace and delete begin an entry anew, as `*` does. */
const clears: ReadonlySet<number> = new Set([1, 14, 111]);
/** Keys of telephones, which some keypads are made like: KEY_NUMERIC_0 to 9, star and pound. */
const telephone = { first: 0x200, keys: "0123456789*#" } as const;

export type KeyStroke = { readonly kind: "character"; readonly character: string } | { readonly kind: Editing };
type Editing = "enter" | "clear" | "lost";

export class KeyEvents {
  readonly #held = new Set<number>();

  take(bytes: Uint8Array): readonly KeyStroke[] {
    const strokes: KeyStroke[] = [];
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let at = 0; at + eventBytes <= bytes.length; at += eventBytes) {
      const type = view.getUint16(at + typeAt, true);
      const code = view.getUint16(at + codeAt, true);
      const stroke = this.#read(type, code, view.getInt32(at + valueAt, true));
      if (stroke !== null) strokes.push(stroke);
    }
    return strokes;
  }

  #read(type: number, code: number, value: number): KeyStroke | null {
    if (type === sync && code === dropped) {
      this.#held.clear();
      return { kind: "lost" };
    }
    if (type !== keys) return null;
    if (shifts.has(code)) {
      if (value === 0) this.#held.delete(code);
      else this.#held.add(code);
      return null;
    }
    return value === down ? strokeOf(code, this.#held.size > 0) : null;
  }
}

function strokeOf(code: number, isShifted: boolean): KeyStroke | null {
  if (enters.has(code)) return { kind: "enter" };
  if (clears.has(code)) return { kind: "clear" };
  const dialled = telephone.keys.charAt(code - telephone.first);
  if (dialled !== "") return { kind: "character", character: dialled };
  for (const [first, plain, shifted] of rows) {
    const character = (isShifted ? shifted : plain).charAt(code - first);
    if (character !== "") return { kind: "character", character };
  }
  return null;
}

/** Null for what is no key of an entry. */
export function entryKeyOf(stroke: KeyStroke): string | null {
  if (stroke.kind === "enter") return "#";
  if (stroke.kind !== "character") return "*";
  return /^[0-9*#]$/.test(stroke.character) ? stroke.character : null;
}
