// The process that talks to pcscd: started by its own name, told what to do by its parent, and killed by it when it hangs.
import { randomBytes } from "node:crypto";
import { getPriority, setPriority } from "node:os";
import { readCardKey } from "./card-key.ts";
import { daemonSocket, probeDaemon } from "./daemon-probe.ts";
import { PcscDesk } from "./desk.ts";
import type { OpenDriver } from "./driver.ts";
import type { FromPcsc, PcscStart, ToPcsc } from "./messages.ts";

const lookMs = 1_000;
/** A stopped pcscd takes connections and says nothing. */
const daemonPatienceMs = 2_000;
/** An exit button waits for nobody, and whoever asks to pass not for a card that is still being read. */
const stepsBehind = 5;
const leastPriority = 19;

let desk: PcscDesk | null = null;

const tell = (message: FromPcsc): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
};

/** Not by exit(), which waits for native calls that will never return. */
const endAtOnce = (): void => void process.kill(process.pid, "SIGKILL");

function begin(start: PcscStart): void {
  const openDriver: OpenDriver = async (listener) =>
    start.driver === "nfc-pcsc"
      ? (await import("./nfc-driver.ts")).openNfcDriver(listener)
      : (await import("./smartcard-driver.ts")).openSmartcardDriver(listener);
  desk = new PcscDesk({
    start,
    openDriver,
    probe: () => probeDaemon(daemonSocket(), daemonPatienceMs),
    tell,
    now: () => performance.now(),
    stuck: endAtOnce,
    secrets: {
      keyOf(profile) {
        const reading = readCardKey(start.keysDir, profile);
        return reading.ok ? reading.key : null;
      },
      random: randomBytes,
    },
  });
  void desk.look();
  setInterval(() => void desk?.look(), lookMs);
}

try {
  // The threads of the driver begin later and have this from here.
  setPriority(Math.min(leastPriority, getPriority() + stepsBehind));
} catch {
  // A sandbox forbids it: the doors are served all the same.
}
process.on("message", (message: ToPcsc) => {
  if (message.kind === "ping") tell({ kind: "pong", n: message.n });
  else if (desk === null) begin(message);
});
process.on("disconnect", endAtOnce);
// Its terminal's signals are its parent's to answer.
process.on("SIGINT", () => {});
