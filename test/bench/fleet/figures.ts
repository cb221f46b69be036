// How the fleet's bench writes its figures.
import { quantile } from "../figures.ts";
import type { Usage } from "./words.ts";

export const fixed = (value: number, digits: number): string => value.toFixed(digits).padStart(8);
export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
export const kib = (bytes: number): string => `${(bytes / 1_024).toFixed(0)} KiB`;
export const mib = (bytes: number): string => `${(bytes / 1_048_576).toFixed(1)} MiB`;

export const sum = (values: readonly number[]): number => values.reduce((all, one) => all + one, 0);

export const total = (all: readonly Usage[]): Usage => ({
  cpuMs: sum(all.map(({ cpuMs }) => cpuMs)),
  rssBytes: sum(all.map(({ rssBytes }) => rssBytes)),
});

export function spread(values: readonly number[]): string {
  const at = (q: number): string => seconds(quantile(values, q));
  return `p50 ${at(0.5)}  p90 ${at(0.9)}  p99 ${at(0.99)}  all ${seconds(Math.max(...values))}`;
}

/** The most of them within one second. */
export function busiest(times: readonly number[]): number {
  const perSecond = new Map<number, number>();
  for (const ms of times) perSecond.set(Math.floor(ms / 1_000), (perSecond.get(Math.floor(ms / 1_000)) ?? 0) + 1);
  return Math.max(...perSecond.values());
}
