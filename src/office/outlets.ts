// What speaks to the outside by itself: requests that events set off, the link to the cloud, Home Assistant. Each is there only where it is wanted.
import { existsSync } from "node:fs";
import type { OfficeOpening } from "../domain/status.ts";
import { openActions } from "./actions/open-actions.ts";
import type { SyncPorts } from "./sync/open-sync.ts";

export interface Outlets {
  /** The record may have grown. */
  grew(): void;
  /** The doors or their health changed. */
  changed(): void;
  beat(): void;
  close(): void;
}

type Outlet = { readonly [Does in keyof Outlets]?: () => void };

export function openOutlets(opening: OfficeOpening, ports: SyncPorts): Outlets {
  const outlets: Outlet[] = [];
  let isClosed = false;
  const all = (what: keyof Outlets) => (): void => {
    for (const outlet of outlets) outlet[what]?.();
  };
  const add = (outlet: Outlet | null): void => {
    if (isClosed) outlet?.close?.();
    else if (outlet !== null) outlets.push(outlet);
  };
  add(openActions(opening, { ...ports, mono: ports.clock.mono }));
  void openCloud(opening, ports).then(add);
  void openHome(opening, ports).then(add);
  const close = (): void => {
    isClosed = true;
    all("close")();
  };
  return { grew: all("grew"), changed: all("changed"), beat: all("beat"), close };
}

/** Loaded only where there is a cloud, and nobody waits for it. */
async function openCloud(opening: OfficeOpening, ports: SyncPorts): Promise<Outlet | null> {
  const { cloud } = opening;
  if (cloud === null) return null;
  const { openSync } = await import("./sync/open-sync.ts");
  return openSync(cloud, opening, ports);
}

/** Also where it was switched off, as long as a broker still keeps what it was told. */
async function openHome(opening: OfficeOpening, ports: SyncPorts): Promise<Outlet | null> {
  const { spec, memoryFile } = opening.homeAssistant;
  if (spec === null && !existsSync(memoryFile)) return null;
  const { openHomeAssistant } = await import("./homeassistant/open-home.ts");
  return openHomeAssistant(opening, { ...ports, mono: ports.clock.mono });
}
