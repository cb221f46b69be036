// What sends requests when something happened, put together, and the count of how that went.
import type { FailureCause } from "../../domain/action.ts";
import type { JournalEvent } from "../../domain/events.ts";
import type { OfficeOpening } from "../../domain/status.ts";
import { BeatTally } from "../beat-tally.ts";
import type { DoorDesk } from "../door-desk.ts";
import type { OpenJournal } from "../journal-port.ts";
import type { OwnHealth } from "../own-health.ts";
import { ActionDesk } from "./action-desk.ts";

export interface ActionPorts {
  readonly openJournal: OpenJournal;
  readonly mono: () => number;
  readonly desk: DoorDesk;
  readonly own: OwnHealth;
  readonly note: (event: JournalEvent) => void;
}

interface End {
  readonly action: string;
  /** Null when it arrived. */
  readonly why: FailureCause | null;
}

export interface OpenActions {
  /** The record may have grown. */
  grew(): void;
  /** Tells what was counted since the last one. */
  beat(): void;
  close(): void;
}

export function openActions({ actions, site, databasePath }: OfficeOpening, ports: ActionPorts): OpenActions | null {
  if (actions.list.length === 0) return null;
  const { own, note } = ports;
  const tally = new BeatTally<End>(({ action, why }, count) =>
    note(why === null ? { type: "action.done", action, count } : { type: "action.failed", action, why, count }),
  );
  const end = (action: string, why: FailureCause | null): void => {
    own.set(`action ${action}`, why === null, `Its last request failed: ${why}.`);
    tally.count({ action, why });
  };
  const desk = new ActionDesk({
    spec: actions,
    site,
    openJournal: () => ports.openJournal(databasePath),
    mono: ports.mono,
    doors: () => ports.desk.doors,
    done: (action) => end(action, null),
    failed: end,
    later: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
  return { grew: () => desk.grew(), beat: () => tally.beat(), close: () => desk.close() };
}
