// The wiring plan as a drawing for the wall of the cabinet: the board's header on the left, the devices on the right. SVG text only.
import { gpioOf, groundPins, headerPinOf, headerSize, supplyPins } from "./header.ts";
import type { Wire, WireColor, WiredDevice } from "./plan.ts";

const rowHeight = 22;
const headerTop = 70;
const pinGap = 26;
const leftColumn = 150;
const rightColumn = 176;
const deviceLeft = 560;
const deviceWidth = 520;
const deviceGap = 16;
const titleRows = 1.4;
/** Wires run straight up to here, so that they cross no label. */
const labelEnd = 275;

const strokes: Readonly<Record<WireColor, string>> = {
  green: "#1c8a3c",
  white: "#ffffff",
  red: "#c62828",
  black: "#222222",
  blue: "#1f5fbf",
  brown: "#7a4a21",
  orange: "#e07b00",
  yellow: "#e5c100",
  violet: "#7b3fa0",
  gray: "#8a8a8a",
};

export function drawWiring(title: string, devices: readonly WiredDevice[]): string {
  const boxes = placeDevices(devices);
  const bottom = Math.max(headerTop + (headerSize / 2) * pinGap, ...boxes.map(({ top, height }) => top + height));
  const height = bottom + 50;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1120 ${height}" font-family="sans-serif" font-size="13" fill="#222">`,
    `<rect width="1120" height="${height}" fill="#ffffff"/>`,
    text(30, 32, title, 'font-size="20" font-weight="bold"'),
    text(30, 52, "Ground is drawn as a mark at its terminal; any ground pin of the header will do.", 'fill="#666"'),
    ...boxes.flatMap(({ device, top }) => device.wires.map((wire, n) => drawWire(wire, terminalY(top, n)))),
    ...drawHeader(devices),
    ...boxes.flatMap(drawDevice),
    "</svg>",
    "",
  ].join("\n");
}

interface Placed {
  readonly device: WiredDevice;
  readonly top: number;
  readonly height: number;
}

function placeDevices(devices: readonly WiredDevice[]): readonly Placed[] {
  let top = headerTop;
  return devices.map((device) => {
    const height = (device.wires.length + titleRows) * rowHeight + 6;
    const placed = { device, top, height };
    top += height + deviceGap;
    return placed;
  });
}

const terminalY = (top: number, n: number): number => top + (n + titleRows + 0.5) * rowHeight;

function drawDevice({ device, top, height }: Placed): readonly string[] {
  return [
    `<rect x="${deviceLeft}" y="${top}" width="${deviceWidth}" height="${height}" rx="8" fill="#f5f2ea" stroke="#8d8577"/>`,
    text(deviceLeft + 14, top + 21, device.id, 'font-weight="bold"'),
    text(deviceLeft + deviceWidth - 14, top + 21, device.what, 'text-anchor="end" fill="#555"'),
    ...device.wires.flatMap((wire, n) => drawTerminal(wire, terminalY(top, n))),
  ];
}

function drawTerminal(wire: Wire, y: number): readonly string[] {
  const to = typeof wire.to === "object" && "other" in wire.to ? `→ ${wire.to.other}` : "";
  const words = [to, wire.note].filter((one) => one !== "").join("; ");
  return [
    `<circle cx="${deviceLeft + 12}" cy="${y}" r="6" fill="${strokes[wire.color]}" stroke="#333"/>`,
    text(deviceLeft + 26, y + 4, wire.terminal, 'font-weight="bold"'),
    text(deviceLeft + 118, y + 4, shorten(words), 'font-size="10.5" fill="#555"'),
    ...(wire.to === "ground" ? [groundMark(deviceLeft - 22, y)] : []),
  ];
}

/** Whole sentences are in the table. */
const shorten = (words: string): string => (words.length <= 74 ? words : `${words.slice(0, 73).trimEnd()}…`);

const groundMark = (x: number, y: number): string =>
  `<path d="M${x + 28} ${y}H${x}M${x} ${y - 7}v14M${x - 4} ${y - 4}v8M${x - 8} ${y - 2}v4" stroke="#222" stroke-width="1.6" fill="none"/>`;

function drawWire(wire: Wire, y: number): string {
  if (typeof wire.to !== "object" || !("gpio" in wire.to)) return "";
  const pin = headerPinOf(wire.to.gpio);
  if (pin === null) return text(deviceLeft - 90, y + 4, `line ${wire.to.gpio}`, "");
  const { x, y: from } = pinPlace(pin);
  // Pins of the far side: their wires go round and through between two rows.
  const start =
    pin % 2 === 0 ? `M${x + 8} ${from}` : `M${x - 8} ${from}h-40v${pinGap / 2}h${rightColumn - leftColumn + 56}`;
  const y0 = pin % 2 === 0 ? from : from + pinGap / 2;
  const path = `${start}H${labelEnd}C${labelEnd + 110} ${y0} ${deviceLeft - 150} ${y} ${deviceLeft + 6} ${y}`;
  const outline = `<path d="${path}" fill="none" stroke="#333" stroke-width="4"/>`;
  return `${wire.color === "white" ? outline : ""}<path d="${path}" fill="none" stroke="${strokes[wire.color]}" stroke-width="2.4"/>`;
}

function pinPlace(pin: number): { readonly x: number; readonly y: number } {
  const row = Math.floor((pin - 1) / 2);
  return { x: pin % 2 === 0 ? rightColumn : leftColumn, y: headerTop + 20 + row * pinGap };
}

function drawHeader(devices: readonly WiredDevice[]): readonly string[] {
  const used = new Set(
    devices.flatMap(({ wires }) =>
      wires.flatMap(({ to }) => (typeof to === "object" && "gpio" in to ? [headerPinOf(to.gpio)] : [])),
    ),
  );
  const pins = Array.from({ length: headerSize }, (_, n) => n + 1);
  return [
    `<rect x="${leftColumn - 14}" y="${headerTop}" width="${rightColumn - leftColumn + 28}" height="${(headerSize / 2) * pinGap + 14}" rx="6" fill="#2d3138"/>`,
    ...pins.flatMap((pin) => {
      const { x, y } = pinPlace(pin);
      const isEven = pin % 2 === 0;
      const fill = used.has(pin) ? "#ffd34d" : "#b9bec7";
      const label = `${pin}  ${labelOf(pin)}`;
      const words = isEven
        ? text(x + 16, y + 4, label, `${onWire} fill="${used.has(pin) ? "#222" : "#999"}"`)
        : text(x - 62, y + 4, label, `font-size="11" text-anchor="end" fill="${used.has(pin) ? "#222" : "#999"}"`);
      return [`<circle cx="${x}" cy="${y}" r="7" fill="${fill}"/>`, words];
    }),
  ];
}

function labelOf(pin: number): string {
  if (groundPins.includes(pin)) return "GND";
  const gpio = gpioOf(pin);
  return supplyPins[pin] ?? (gpio === null ? "" : `GPIO ${gpio}`);
}

/** Readable where a wire runs behind it. */
const onWire = 'font-size="11" paint-order="stroke" stroke="#fff" stroke-width="5"';

const text = (x: number, y: number, words: string, style: string): string =>
  `<text x="${x}" y="${y}" ${style}>${escaped(words)}</text>`;

const escaped = (words: string): string =>
  words.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
