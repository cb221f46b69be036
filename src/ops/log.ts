// The operator's log on standard error: one plain line each. Never given a PIN, a card number, a QR text or a one-time code.

export type LogLevel = "info" | "warn" | "error";

export function log(level: LogLevel, part: string, message: string): void {
  process.stderr.write(`${new Date().toISOString()} ${level.padEnd(5)} ${part}: ${message}\n`);
}
