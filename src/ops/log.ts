// The operator's log on standard error: one plain line each. Never given a PIN, a card number, a QR text or a one-time code.

export type LogLevel = "info" | "warn" | "error";

const maxKept = 1_000;
const maxLine = 500;
let kept: string[] = [];

export function log(level: LogLevel, part: string, message: string): void {
  const line = `${new Date().toISOString()} ${level.padEnd(5)} ${part}: ${message}`;
  kept.push(line.slice(0, maxLine));
  if (kept.length > 2 * maxKept) kept = kept.slice(-maxKept);
  process.stderr.write(`${line}\n`);
}

/** What this process has logged last, oldest first. */
export const newestLines = (count: number): readonly string[] => kept.slice(-Math.min(count, maxKept));
