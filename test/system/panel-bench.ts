// The office over fakes that answer as a controller would, just enough for the page to be worked: no rule is tested here.
import type { JournalEvent } from "../../src/domain/events.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import type { DoorStatus, Sample } from "../../src/domain/status.ts";
import { type OfficeBench, openBench, statusOf } from "../office/office-bench.ts";
import { site as plainSite } from "../site-fixture.ts";

export const samples: readonly Sample[] = [
  { label: "Ana Ruiz, resident", kind: "pin", secret: "246810" },
  { label: "Ana Ruiz, resident", kind: "card", secret: "00B775D2" },
  { label: "Bo Lind, weekdays 8 to 18", kind: "card", secret: "00A31F07" },
  { label: "Courier, once at each door", kind: "pin", secret: "731904" },
  { label: "Courier, once at each door", kind: "qr", secret: "POSTERN-5fa09c21d3" },
  { label: "Nobody's card", kind: "card", secret: "00C0FFEE" },
];

const ana = { credential: "ana-pin", person: "ana", pass: null, directoryVersion: 1 };
const nobody = { credential: null, person: null, pass: null, directoryVersion: 1 };

type DoorId = DoorStatus["door"];

export interface PanelBench {
  readonly office: OfficeBench;
  readonly link: string;
  /** A change that only the controller can make. */
  change(door: string, changed: Partial<DoorStatus>): void;
  append(event: object, name?: string): void;
  close(): Promise<void>;
}

export async function openPanelBench(
  panelFolder: URL,
  site: SiteSpec = plainSite,
  options: { readonly simulated?: boolean } = {},
): Promise<PanelBench> {
  const office = await openBench({ site, samples, panelFolder, ...options });
  const controller = new FakeController(office, site);
  office.board.answer = (line, number, say) => {
    say({ kind: "done", line: number });
    controller.obey(line.split(" "));
  };
  controller.publish();
  return {
    office,
    link: `${office.address}/#code=ABCD-EFGH-JKLM`,
    change: (door, changed) => controller.change(door, changed),
    append: (event, name) => controller.append(event, name),
    close: () => office.close(),
  };
}

class FakeController {
  readonly #office: OfficeBench;
  readonly #site: SiteSpec;
  readonly #doors: Map<string, DoorStatus>;
  readonly #typed = new Map<string, string>();
  #asks = 0;

  constructor(office: OfficeBench, site: SiteSpec) {
    this.#office = office;
    this.#site = site;
    this.#doors = new Map(
      site.doors.map((door) => [door.id, { ...statusOf("front"), door: door.id, name: door.name }]),
    );
  }

  publish(): void {
    this.#office.publish([...this.#doors.values()]);
  }

  change(door: string, changed: Partial<DoorStatus>): void {
    const status = this.#doors.get(door);
    if (status !== undefined) this.#doors.set(door, { ...status, ...changed });
    this.publish();
  }

  append(event: object, name?: string): void {
    const { seq } = this.#office.journal.append(event as JournalEvent, name ?? null, Date.now());
    this.#office.ledger.say({ kind: "head", seq });
  }

  obey([verb, id = "", ...rest]: readonly string[]): void {
    const what = rest.join(" ");
    if (verb === "keys") this.#keys(id, what);
    else if (verb === "tap") this.#decide(id, "card", what === "00B775D2");
    else if (verb === "text") this.#decide(id, "qr", what.startsWith("POSTERN-"));
    else if (verb === "activate" || verb === "release") this.#setInput(id, verb === "activate");
    else if (verb === "press") {
      this.#setInput(id, true);
      this.#setInput(id, false);
    }
  }

  #keys(reader: string, keys: string): void {
    for (const key of keys) {
      this.#office.board.say({ kind: "signal", reader, signal: "key", atMono: 1 });
      const typed = this.#typed.get(reader) ?? "";
      if (key === "#") this.#decide(reader, "pin", typed === "246810");
      this.#typed.set(reader, key === "#" || key === "*" ? "" : typed + key);
    }
  }

  #decide(reader: string, method: string, granted: boolean): void {
    const door = this.#site.readers.find((one) => one.id === reader)?.door;
    if (door === undefined) return;
    this.#asks += 1;
    const shown = { ask: `fQ2.${this.#asks}`, door, reader, method };
    this.#office.board.say({ kind: "signal", reader, signal: granted ? "granted" : "denied", atMono: 1 });
    if (!granted) {
      this.append({ type: "access.denied", reason: "unknownCredential", ...shown, ...nobody });
      return;
    }
    this.append({ type: "access.granted", usesLeft: null, late: false, ...shown, ...ana }, "Ana Ruiz");
    this.#unlock(door, { by: "ask", ask: shown.ask });
  }

  #unlock(door: DoorId, cause: object): void {
    const spec = this.#site.doors.find((one) => one.id === door);
    if (spec !== undefined) {
      this.#office.board.say({
        kind: "relay",
        relay: spec.relay,
        energized: spec.lock === "failSecure",
        cause: "",
        atMono: 1,
      });
    }
    this.change(door, { locked: false, mode: "accessed" });
    this.append({ type: "door.unlocked", door, cause });
  }

  #setInput(input: string, active: boolean): void {
    this.#office.board.say({ kind: "event", event: { kind: "input", input, active, at: 1 } });
    if (input === this.#site.fireInput) {
      if (active) this.append({ type: "fire.raised", input });
      for (const door of this.#site.doors) {
        if (active) this.change(door.id, { fire: door.lock === "failSafe", locked: door.lock !== "failSafe" });
      }
      return;
    }
    for (const door of this.#site.doors) {
      if (door.exitButtons.some((one) => one === input) && active) {
        this.append({ type: "exit.pressed", door: door.id, input });
        this.#unlock(door.id, { by: "exit", input });
      }
      if (door.contact === input) this.#moveLeaf(door.id, active);
    }
  }

  #moveLeaf(door: DoorId, open: boolean): void {
    const locked = this.#doors.get(door)?.locked === true;
    if (open && locked) this.append({ type: "door.forced", door });
    this.append({ type: open ? "door.opened" : "door.closed", door });
    this.change(door, { contact: open ? "open" : "closed", ...(open && locked ? { forced: true } : {}) });
    if (open) return;
    this.change(door, { locked: true, mode: "locked" });
    this.append({ type: "door.locked", door, cause: { by: "contact" } });
  }
}
