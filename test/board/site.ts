// The site on the emulated board, and how the service is put on it, as scripts/service does on a real one.
import type { Machine } from "./machine.ts";

export const pins = { strike: 17, magnet: 27, exit: 5, contact: 6, garageExit: 13, d0: 22, d1: 23 } as const;

export const boardSite = {
  site: { name: "Emulated board", timeZone: "Europe/Madrid" },
  board: "linux",
  gpio: { chip: "doorsim" },
  relays: [
    { id: "front-strike", pin: pins.strike },
    { id: "garage-magnet", pin: pins.magnet },
  ],
  inputs: [
    { id: "front-exit", pin: pins.exit },
    { id: "front-contact", pin: pins.contact, activeLevel: "high" },
    { id: "garage-exit", pin: pins.garageExit },
  ],
  readers: [
    {
      id: "front-reader",
      door: "front",
      kind: "wiegand",
      pins: { d0: pins.d0, d1: pins.d1 },
      format: "w26",
      keypad: true,
    },
  ],
  doors: [
    {
      id: "front",
      name: "Front door",
      lock: "failSecure",
      relay: "front-strike",
      exitButtons: ["front-exit"],
      methods: ["pin", "card"],
      unlockMs: 1000,
    },
    {
      id: "garage",
      name: "Garage door",
      lock: "failSafe",
      relay: "garage-magnet",
      exitButtons: ["garage-exit"],
      methods: ["card"],
      unlockMs: 1000,
    },
  ],
  areas: [],
};

export const doorsim = "/sys/devices/platform/doorsim";
export const postern = "/opt/postern/bin/postern";
const stateOption = "--state /var/lib/postern";

/** A 26-bit frame of a card's lowest three bytes. */
export function frameOf(card: number): string {
  const bits = card.toString(2).padStart(24, "0");
  const isOdd = (part: string) => part.replaceAll("0", "").length % 2 === 1;
  return `${isOdd(bits.slice(0, 12)) ? 1 : 0}${bits}${isOdd(bits.slice(12)) ? 0 : 1}`;
}

/** With what a test may burden the product's main process. */
const burdened = "[Service]\nEnvironment=NODE_OPTIONS=--import=/opt/node/burden.mjs\n";

/** Ends when the service is ready. */
export async function installSite(machine: Machine, config: object = boardSite): Promise<void> {
  await machine.out("modprobe doorsim");
  await machine.out(
    [
      "cp /opt/postern/systemd/*.service /opt/postern/systemd/*.timer /etc/systemd/system/",
      "cp /opt/postern/systemd/99-postern.rules /etc/udev/rules.d/",
      "mkdir -p /etc/sysusers.d && cp /opt/postern/systemd/postern.sysusers /etc/sysusers.d/postern.conf",
      "systemd-sysusers",
      "udevadm control --reload && udevadm trigger --subsystem-match=gpio --subsystem-match=rtc && udevadm settle",
      "cat > /etc/postern/postern.json",
      `mkdir -p /etc/systemd/system/posternd.service.d && printf '${burdened}' > /etc/systemd/system/posternd.service.d/test.conf`,
      "systemctl daemon-reload",
    ].join(" && "),
    JSON.stringify(config),
  );
  // The contact is closed to ground while the door is shut.
  await machine.out(`echo "${pins.contact} 0" > ${doorsim}/set`);
  await machine.out(`systemctl start posternd || { journalctl -u posternd --no-pager | tail -40; exit 1; }`);
}

export const ask = (machine: Machine, command: string): Promise<string> =>
  machine.out(`${postern} ${command} ${stateOption}`);

/** Once the ledger listens, so that people can be let in. */
export async function applyPeople(machine: Machine, people: readonly object[]): Promise<void> {
  await machine.out(
    `cat > /tmp/people.json; until [ -S /var/lib/postern/ledger.sock ]; do sleep 0.1; done
      ${postern} directory apply /tmp/people.json ${stateOption}`,
    JSON.stringify({ people }),
  );
}

export const mainPid = "$(systemctl show -p MainPID --value posternd)";

/** What relays did, by the kernel's clock. */
export async function movesOf(machine: Machine, line: number): Promise<readonly { ns: bigint; level: number }[]> {
  const text = await machine.out(`cat ${doorsim}/moves`);
  return text
    .trim()
    .split("\n")
    .map((one) => one.split(" "))
    .filter(([, at]) => Number(at) === line)
    .map(([ns = "0", , level]) => ({ ns: BigInt(ns), level: Number(level) }));
}
