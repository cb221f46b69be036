// What speaks with Home Assistant, put together: the desk of today's broker, farewells to earlier ones, and what goes into the record.
import type { JournalEvent } from "../../domain/events.ts";
import type { HomeAssistantSpec, HomeOrder, HomeRefusal } from "../../domain/home-assistant.ts";
import type { DoorId } from "../../domain/ids.ts";
import type { OfficeOpening } from "../../domain/status.ts";
import { RecordTail } from "../actions/record-tail.ts";
import { BeatTally } from "../beat-tally.ts";
import type { DoorDesk } from "../door-desk.ts";
import type { OpenJournal } from "../journal-port.ts";
import type { OwnHealth } from "../own-health.ts";
import { startFarewell } from "./farewell.ts";
import { HomeDesk } from "./home-desk.ts";
import { HomeMemory } from "./home-memory.ts";
import { isSamePlace } from "./memory-file.ts";
import { OrderDesk } from "./order-desk.ts";
import { planDiscovery } from "./plan-discovery.ts";

export interface HomePorts {
  readonly openJournal: OpenJournal;
  readonly mono: () => number;
  readonly desk: DoorDesk;
  readonly own: OwnHealth;
  readonly note: (event: JournalEvent) => void;
}

export interface Home {
  /** The doors or their health changed. */
  changed(): void;
  /** The record may have grown. */
  grew(): void;
  /** Tells what was counted since the last one. */
  beat(): void;
  close(): void;
}

const part = "Home Assistant";
const partBefore = "Home Assistant (before)";

export function openHomeAssistant(opening: OfficeOpening, ports: HomePorts): Home {
  const { spec, memoryFile } = opening.homeAssistant;
  const memory = new HomeMemory(memoryFile);
  const { own, mono } = ports;
  const farewells = memory.places
    .filter(({ place }) => spec === null || !isSamePlace(place, spec))
    .map((kept) => {
      const changed = (well: boolean, why: string): void => own.set(partBefore, well, why);
      return startFarewell({ kept, memory, mono, changed });
    });
  const today = spec === null ? null : openToday(spec, { opening, memory, ports });
  return {
    changed: () => today?.changed(),
    grew: () => today?.grew(),
    beat: () => today?.beat(),
    close: () => {
      for (const farewell of farewells) farewell.close();
      today?.close();
    },
  };
}

interface TodayParts {
  readonly opening: OfficeOpening;
  readonly memory: HomeMemory;
  readonly ports: HomePorts;
}

function openToday(spec: HomeAssistantSpec, { opening, memory, ports }: TodayParts): Home {
  const { site, actions, databasePath } = opening;
  const { desk, own, mono, note } = ports;
  const orders = new BeatTally<{ readonly door: DoorId; readonly order: HomeOrder }>((obeyed, count) =>
    note({ type: "homeAssistant.obeyed", ...obeyed, count }),
  );
  const refusals = new BeatTally<HomeRefusal>((why, count) => note({ type: "homeAssistant.refused", why, count }));
  const doorIds = site.doors.map(({ id }) => id);
  const home = new HomeDesk({
    spec,
    discovery: planDiscovery({ spec, site, version: actions.version }),
    doorIds,
    memory,
    orders: new OrderDesk({
      spec,
      doors: doorIds,
      desk,
      mono,
      obeyed: (door, order) => orders.count({ door, order }),
      refused: (why) => refusals.count(why),
    }),
    doors: () => desk.doors,
    // Whoever reads it knows that this link works.
    health: () => [...desk.health, ...own.facts().filter((fact) => fact.part !== part)],
    boot: actions.boot,
    mono,
    changed: (well, why) => own.set(part, well, why),
  });
  const tail = new RecordTail(
    () => ports.openJournal(databasePath),
    null,
    (events) => home.happened(events),
  );
  tail.grew();
  return {
    changed: () => home.statesChanged(),
    grew: () => tail.grew(),
    beat: () => {
      // What the office itself cannot reach changes without a word.
      home.statesChanged();
      orders.beat();
      refusals.beat();
    },
    close: () => {
      tail.close();
      home.close();
    },
  };
}
