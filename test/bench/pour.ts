// Pours presentations into a running simulated board, from a process of its own: `pour.ts SOCKET PER_SECOND SECONDS`.
import { createConnection } from "node:net";
import { doorCount } from "./many-doors.ts";

const [path = "", perSecond = "5000", seconds = "5"] = process.argv.slice(2);
const sliceMs = 5;
const socket = createConnection(path);
socket.on("error", () => process.exit(1));
socket.resume();

let sent = 0;
const startedAt = performance.now();
const timer = setInterval(() => {
  const elapsedMs = performance.now() - startedAt;
  const due = Math.floor((Math.min(elapsedMs, Number(seconds) * 1_000) / 1_000) * Number(perSecond));
  let lines = "";
  for (; sent < due; sent += 1) lines += `${presentation(sent)}\n`;
  if (lines !== "") socket.write(lines);
  if (elapsedMs < Number(seconds) * 1_000) return;
  clearInterval(timer);
  socket.end(() => console.log(sent));
}, sliceMs);

function presentation(n: number): string {
  const door = n % doorCount;
  const kind = n % 10;
  if (kind === 0) return `keys reader-${door} ${String(n % 10_000).padStart(4, "0")}#`;
  if (kind === 1) return `text scanner-${door} ${String(n).padStart(8, "0")}`;
  if (kind === 2) return `tap reader-${door} 00B775D2`;
  return `tap reader-${door} 00${(n % 0xffffff).toString(16).padStart(6, "0").toUpperCase()}`;
}
