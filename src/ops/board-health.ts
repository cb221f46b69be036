// Takes what the board says of its devices into the health; knows no kind of device.
import type { RelayId } from "../domain/ids.ts";
import type { SupplyInputSpec, SupplyKind } from "../domain/site.ts";
import type { Health } from "./health.ts";

interface Device {
  readonly device: string;
  readonly state: "ok" | "lost" | "faulty";
  readonly why: string;
}

const supplyWhy: Readonly<Record<SupplyKind, string>> = {
  mains: "the mains has failed; the battery feeds the controller until it is empty",
  battery: "the battery is low; change it, or restore the mains",
  enclosure: "the controller's box is open; shut it",
};

export function noteSupplyHealth(
  health: Health,
  wired: readonly SupplyInputSpec[],
  bad: readonly SupplyInputSpec[],
): void {
  for (const { input, what } of wired) {
    const isBad = bad.some((one) => one.input === input);
    health.set(
      what === "enclosure" ? `enclosure ${input}` : what,
      isBad ? "fault" : "ok",
      isBad ? supplyWhy[what] : "",
    );
  }
}

export function noteBoardHealth(health: Health, devices: readonly Device[], failedRelays: readonly RelayId[]): void {
  for (const { device, state, why } of devices) health.set(device, state === "ok" ? "ok" : "fault", why);
  const known = new Set(devices.flatMap(({ device, state }) => (state === "ok" ? [] : [device])));
  for (const relay of failedRelays) {
    if (!known.has(relay)) health.set(relay, "fault", "the relay did not take its level");
  }
}
