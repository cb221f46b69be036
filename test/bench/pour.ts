// Pours presentations into a running simulated board, from a process of its own, until it is ended: `pour.ts SOCKET PER_SECOND`.
import { createConnection } from "node:net";
import { doorCount, pressedDoors } from "./many-doors.ts";

const [path = "", perSecond = "5000"] = process.argv.slice(2);
const knownCard = "B775D2";
const sliceMs = 5;
const socket = createConnection(path);
socket.on("error", () => process.exit(1));
socket.resume();

let sent = 0;
const startedAt = performance.now();
setInterval(() => {
  // What the board has not taken yet is not piled up here, and comes out as a lower rate.
  if (socket.writableNeedDrain) return;
  const due = Math.floor(((performance.now() - startedAt) / 1_000) * Number(perSecond));
  let lines = "";
  for (; sent < due; sent += 1) lines += `${presentation(sent)}\n`;
  if (lines !== "") socket.write(lines);
}, sliceMs);

/** Seven cards in ten that nobody has, one that somebody has, one wrong PIN, one unknown QR text, all readers in turn. */
function presentation(n: number): string {
  const door = Math.floor(n / 10) % doorCount;
  const kind = n % 10;
  if (kind === 0) return `keys reader-${door} ${String(n % 10_000).padStart(4, "0")}#`;
  if (kind === 1) return `text scanner-${door} ${String(n).padStart(8, "0")}`;
  if (kind === 2) return `tap reader-${pressedDoors + (door % (doorCount - pressedDoors))} ${knownCard}`;
  return `tap reader-${(door + n) % doorCount} ${(n % 0xffffff).toString(16).padStart(6, "0").toUpperCase()}`;
}
