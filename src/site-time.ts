// Part of the composition root: what a site's clock tells the record and the health, and what somebody on site asks of it.
import type { ClockChange, SiteClock } from "../hal/clock.ts";
import type { JournalEvent } from "./domain/events.ts";
import { Fault } from "./domain/fault.ts";
import type { TimeRequest, TimeStatus } from "./domain/status.ts";
import { unixMs } from "./domain/time.ts";
import type { DoorLoop } from "./doorloop/loop.ts";
import type { Health } from "./ops/health.ts";
import type { TimePort } from "./ops/office-side.ts";

/** Neither a typing error nor a chip without a battery gets past these: 2024 and 2100. */
const earliestWall = Date.UTC(2024, 0, 1);
const latestWall = Date.UTC(2100, 0, 1);

/** Hears of the clock until the site is closed. */
export function followClock(clock: SiteClock, loop: DoorLoop, health: Health, changed: () => void): void {
  const look = () => noteClockHealth(health, clock);
  clock.onChange((change) => {
    loop.note(clockEvent(change, clock));
    loop.clockChanged();
    look();
    changed();
  });
  look();
}

const clockEvent = (change: ClockChange, clock: SiteClock): JournalEvent => {
  if (change.kind === "stepped") return { type: "clock.stepped", byMs: change.byMs };
  const { source } = clock.standing();
  return change.kind === "trusted" && source !== null
    ? { type: "clock.trusted", source }
    : { type: "clock.distrusted" };
};

function noteClockHealth(health: Health, clock: SiteClock): void {
  const why =
    "nobody vouches for the time, so rights that are limited in time open nothing; connect the network, or set the time with `postern time set`";
  health.set("clock", clock.trusted() ? "ok" : "fault", clock.trusted() ? "" : why);
}

/** What the command line and the console ask of the clock. */
export function answerTime(
  request: TimeRequest,
  { clock, loop }: { readonly clock: SiteClock; readonly loop: DoorLoop },
  who: string,
): TimeStatus {
  switch (request.kind) {
    case "timeSet": {
      const byMs = Math.round(request.wallMs - clock.wall());
      setTime(request.wallMs, clock);
      loop.note({ type: "clock.set", who, byMs });
      break;
    }
    case "timeConfirm":
      clock.vouch();
      loop.note({ type: "clock.set", who, byMs: 0 });
      break;
    case "timeForget":
      loop.forgetTimes(who);
      break;
    case "time":
      break;
  }
  return { wallMs: clock.wall(), ...clock.standing() };
}

export const timePort = (site: { readonly clock: SiteClock; readonly loop: DoorLoop }): TimePort => ({
  standing: () => ({ aheadMs: site.clock.wall() - Date.now(), ...site.clock.standing() }),
  ask(request, who) {
    try {
      answerTime(request, site, who);
      return null;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  },
});

function setTime(wallMs: number, clock: SiteClock): void {
  if (!(wallMs >= earliestWall && wallMs < latestWall)) {
    throw new Fault("clock.refused", "The time must lie between the years 2024 and 2099.");
  }
  clock.set(unixMs(wallMs));
}
