// Takes what the board says of its devices into the health; knows no kind of device.
import type { RelayId } from "../domain/ids.ts";
import type { Health } from "./health.ts";

interface Device {
  readonly device: string;
  readonly state: "ok" | "lost" | "faulty";
  readonly why: string;
}

export function noteBoardHealth(health: Health, devices: readonly Device[], failedRelays: readonly RelayId[]): void {
  for (const { device, state, why } of devices) health.set(device, state === "ok" ? "ok" : "fault", why);
  for (const relay of failedRelays) health.set(relay, "fault", "the relay did not take its level");
}
