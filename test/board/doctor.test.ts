// The doctor on a real kernel: twelve faults planted into the machine and the site, each found and told how to mend.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Machine } from "./machine.ts";
import { startMachine } from "./machine.ts";
import { boardSite, postern } from "./site.ts";

let machine: Machine;

beforeAll(async () => {
  machine = await startMachine();
  await machine.out(
    [
      "cp /opt/postern/systemd/99-postern.rules /etc/udev/rules.d/",
      "mkdir -p /etc/sysusers.d && cp /opt/postern/systemd/postern.sysusers /etc/sysusers.d/postern.conf && systemd-sysusers",
      "udevadm control --reload",
      "systemctl mask --now pcscd.socket pcscd.service",
      "modprobe doorsim persist_gpio_outputs=1 && udevadm settle",
      "mkdir -p /boot/firmware && echo dtparam=spi=on > /boot/firmware/config.txt",
      // Somebody left a line exported.
      "base=$(cat /sys/class/gpio/gpiochip*/base) && echo $((base + 13)) > /sys/class/gpio/export",
      // A package that did not survive a move to this machine.
      "mount -t tmpfs none /opt/postern/node_modules/serialport",
      "chmod 600 /dev/ttyS1 && chown root:root /dev/ttyS1",
    ].join(" && "),
  );
});

afterAll(() => machine?.stop());

const reader = (id: string, settings: object) => ({ id, door: "front", ...settings });
const planted = {
  ...boardSite,
  relays: [
    { id: "front-strike", pin: 4 },
    { id: "garage-magnet", pin: 60 },
  ],
  inputs: boardSite.inputs.map((input) => (input.id === "front-contact" ? { ...input, pin: 8 } : input)),
  readers: [
    ...boardSite.readers,
    reader("scanner-away", { kind: "scanner", port: "ttyUSB9" }),
    reader("scanner-shut", { kind: "scanner", port: "ttyS1" }),
    reader("scanner-console", { kind: "scanner", port: "ttyS0" }),
    reader("keys-away", { kind: "keyboard", device: "input/by-id/nothing-event-kbd", types: "keys" }),
    reader("camera-away", { kind: "camera", device: "video7", size: "640x480" }),
    reader("card-desk", { kind: "pcsc", device: "ACR122U", desfire: "secured", profiles: ["staff"] }),
  ],
  cardProfiles: [{ id: "staff", kind: "desfire", crypto: "aes", aid: "F51234", file: 1, keyNumber: 1 }],
  doors: boardSite.doors.map((door) => (door.id === "front" ? { ...door, methods: ["pin", "card", "qr"] } : door)),
};

interface Found {
  readonly where: string;
  readonly problem: string;
  readonly remedy: string;
}

async function diagnose(config: object, user = "postern"): Promise<readonly Found[]> {
  const ran = await machine.run(
    `cat > /etc/postern/postern.json; runuser -u ${user} -- ${postern} doctor /etc/postern/postern.json --json --state /tmp/nothing`,
    JSON.stringify(config),
  );
  expect(ran.stderr, ran.stdout).toBe("");
  return (JSON.parse(ran.stdout) as { findings: readonly Found[] }).findings;
}

const twelve: readonly (readonly [where: string, problem: RegExp, remedy: RegExp])[] = [
  ["garage-magnet", /There is no line 60: "doorsim" has lines 0 to 31/, /Free/],
  ["garage-exit", /Line 13 is held by "sysfs"/, /unexport/],
  ["front-contact", /The firmware uses line 8 for "dtparam=spi=on"/, /write dtparam=spi=off/],
  ["front-strike", /While the board starts, line 4 is pulled up/, /GPIO 9 up/],
  ["lines", /This kernel keeps outputs when a program dies/, /persist_gpio_outputs/],
  ["scanner-away", /There is no \/dev\/ttyUSB9/, /Plug the reader in/],
  ["scanner-shut", /\/dev\/ttyS1 may not be opened/, /group dialout/],
  ["scanner-console", /The kernel's console runs on \/dev\/ttyS0/, /cmdline\.txt/],
  ["keys-away", /There is no \/dev\/input\/by-id\/nothing-event-kbd/, /Plug/],
  ["camera-away", /There is no \/dev\/video7/, /Plug/],
  ["serialport", /The package serialport does not load/, /scripts\/setup/],
  ["pcscd", /pcscd/, /pcscd/],
];

test("twelve planted faults are found in one go, each with its remedy", async () => {
  const found = await diagnose(planted);
  for (const [where, problem, remedy] of twelve) {
    const one = found.find((finding) => finding.where === where && problem.test(finding.problem));
    expect(one, `${where}: ${problem}\n${JSON.stringify(found, null, 1)}`).toBeDefined();
    expect(one?.remedy).toMatch(remedy);
  }
});

test("the service's user may export lines by the kernel's older files, as the driver for old kernels does", async () => {
  const number = "$(($(cat /sys/class/gpio/gpiochip*/base) + 12))";
  const ran = await machine.run(
    `n=${number}; runuser -u postern -- sh -c "echo $n > /sys/class/gpio/export"; udevadm settle; runuser -u postern -- sh -c "echo out > /sys/class/gpio/gpio$n/direction && cat /sys/class/gpio/gpio$n/direction"`,
  );
  expect(ran).toMatchObject({ stdout: "out\n", stderr: "" });
});

test("a chip of another name, one that may not be opened, and a clock that nobody holds are found as well", async () => {
  const wrongChip = await diagnose({ ...boardSite, gpio: { chip: "pinctrl-bcm2711" } });
  expect(wrongChip.find(({ where }) => where === "lines")?.remedy).toMatch(/gpio\.chip; there are "doorsim"/);
  expect(wrongChip.find(({ where }) => where === "time")?.remedy).toMatch(/chrony/);
  const shut = await diagnose(boardSite, "nobody");
  expect(shut.find(({ where }) => where === "lines")).toMatchObject({
    problem: "/dev/gpiochip0 may not be opened.",
    remedy: expect.stringMatching(/group gpio/),
  });
});
