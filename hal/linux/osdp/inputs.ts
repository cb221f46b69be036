// Inputs that sit in OSDP readers: numbered ones, the case's tamper contact and the supply. Knows no line and no command.
import type { DeviceHealth } from "../../board.ts";
import type { Clock, MonoMs } from "../../clock.ts";
import type { Report } from "../part.ts";

export interface PointWiring {
  readonly id: string;
  readonly reader: string;
  /** A numbered input, or what the reader says of its case and its supply. */
  readonly point: number | "tamper" | "power";
  /** Left out or `low`: active is what the reader calls active; `high`: the other way round. */
  readonly activeLevel?: "low" | "high";
}

interface Point {
  readonly wiring: PointWiring;
  /** As the reader last said; null before it said anything. */
  level: boolean | null;
  /** As was last reported; null when it has to be reported anew. */
  told: boolean | null;
  why: string | null;
  isLost: boolean;
  since: MonoMs;
}

export interface Inputs {
  levels(reader: string, levels: readonly boolean[]): void;
  status(reader: string, status: { readonly tamper: boolean; readonly powerFailed: boolean }): void;
  found(reader: string): void;
  lost(reader: string): void;
  /** Whether something of the site hangs on it. */
  has(reader: string, point: PointWiring["point"]): boolean;
  health(): readonly DeviceHealth[];
}

export function createInputs(wirings: readonly PointWiring[], clock: Clock, report: Report): Inputs {
  const served = new Set<string>();
  const points: readonly Point[] = wirings.map((wiring) => ({
    wiring,
    level: null,
    told: null,
    why: "its reader has not answered yet",
    isLost: false,
    since: clock.mono(),
  }));
  const of = (reader: string): readonly Point[] => points.filter(({ wiring }) => wiring.reader === reader);

  const tell = (point: Point): void => {
    const { wiring, level, told } = point;
    if (level === null || level === told || !served.has(wiring.reader)) return;
    point.told = level;
    const active = level !== (wiring.activeLevel === "high");
    report({ kind: "input", input: wiring.id, active, at: clock.mono() });
  };
  const fail = (point: Point, why: string): void => {
    point.why = why;
    point.told = null;
    if (point.isLost) return;
    point.isLost = true;
    point.since = clock.mono();
    report({ kind: "lost", device: point.wiring.id, why, at: point.since });
  };
  const mend = (point: Point): void => {
    if (point.why === null) return;
    const wasLost = point.isLost;
    point.why = null;
    point.isLost = false;
    point.since = clock.mono();
    if (wasLost) report({ kind: "found", device: point.wiring.id, at: point.since });
  };
  const set = (point: Point, level: boolean | undefined): void => {
    if (level === undefined) {
      if (served.has(point.wiring.reader)) fail(point, `the reader "${point.wiring.reader}" has no such input`);
      return;
    }
    point.level = level;
    if (served.has(point.wiring.reader)) mend(point);
    tell(point);
  };

  return {
    levels(reader, levels) {
      for (const point of of(reader)) {
        if (typeof point.wiring.point === "number") set(point, levels[point.wiring.point]);
      }
    },
    status(reader, { tamper, powerFailed }) {
      for (const point of of(reader)) {
        if (point.wiring.point === "tamper") set(point, tamper);
        else if (point.wiring.point === "power") set(point, powerFailed);
      }
    },
    found(reader) {
      served.add(reader);
      for (const point of of(reader)) if (point.level !== null) set(point, point.level);
    },
    lost(reader) {
      served.delete(reader);
      for (const point of of(reader)) {
        point.level = null;
        fail(point, `its reader "${reader}" does not answer`);
      }
    },
    has: (reader, wanted) => of(reader).some(({ wiring }) => wiring.point === wanted),
    health: () =>
      points.map(({ wiring, why, since }) => ({
        device: wiring.id,
        state: why === null ? "ok" : "lost",
        why: why ?? "",
        since,
      })),
  };
}
