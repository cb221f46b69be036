// Reduces what a bench has measured to the figures that it prints, and says on what they were measured.
import { readFileSync } from "node:fs";
import { cpus, loadavg, release } from "node:os";

export function quantile(values: readonly number[], q: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))] ?? Number.NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

export const ms = (value: number): string => (value < 9.995 ? value.toFixed(2) : value.toFixed(1)).padStart(8);
export const times = (ratio: number): string => `${ratio < 99.5 ? ratio.toFixed(1) : ratio.toFixed(0)}x`.padStart(6);

/** The command that repeats it, the machine, and what else it had to do meanwhile. */
export function printHeading(command: string, what: string): void {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const system = /^PRETTY_NAME="(.*)"$/m.exec(readFileSync("/etc/os-release", "utf8"))?.[1] ?? "Linux";
  console.log(`${command}, ${new Date().toISOString().slice(0, 10)}`);
  console.log(`${cpus().length} x ${model}, ${system}, kernel ${release()}, Node ${process.version}`);
  console.log(`${what}\n`);
}

/** How many others wanted a processor while it ran: with more than there are processors, every figure is too large. */
export function printLoad(): void {
  const [minute = 0] = loadavg();
  console.log(
    `\nload average of the last minute, this bench included: ${minute.toFixed(1)} on ${cpus().length} processors`,
  );
}
