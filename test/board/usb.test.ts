// Readers at USB and a camera on a real kernel, in the built product under systemd: each opens, also one that was unplugged meanwhile.
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { createConnection } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PlainCard, storageAtr } from "../hal/linux/cards/virtual-card.ts";
import { codeOf, drawScene } from "../qr/scene.ts";
import type { Machine } from "./machine.ts";
import { startMachine } from "./machine.ts";
import { applyPeople, ask, boardSite, doorsim, installSite, pins, postern } from "./site.ts";
import type { UsbCardReader } from "./usb-card-reader.ts";
import { plugCardReader } from "./usb-card-reader.ts";

const people = [
  { id: "ana", name: "Ana", cards: ["04A1B2C3"], doors: ["front"] },
  { id: "ben", name: "Ben", qr: ["12345678"], doors: ["front"] },
  { id: "cleo", name: "Cleo", pin: "4711", doors: ["front"] },
  { id: "dan", name: "Dan", qr: ["87654321"], doors: ["front"] },
];
const noCode = "/run/picture-empty";
const withCode = "/run/picture-code";
const shownPicture = "/run/picture";

describe.skipIf(process.env["POSTERN_TEST_BOARD"] !== "1")("on the emulated board", () => {
  let machine: Machine;
  let reader: UsbCardReader;
  let port: Socket | null = null;

  beforeAll(async () => {
    machine = await startMachine();
    reader = await plugCardReader(machine);
    await machine.qmp("device_add", { driver: "usb-kbd", id: "keypad", bus: "usb.0" });
    await machine.out("modprobe v4l2loopback video_nr=0 exclusive_caps=0 && udevadm settle");
    await startCamera();
    const keypad = await machine.out("until ls /dev/input/by-id/*-event-kbd 2>/dev/null; do sleep 0.1; done");
    await installSite(machine, siteWith(keypad.trim().replace("/dev/", "")));
    await applyPeople(machine, people);
  });

  afterAll(async () => {
    port?.destroy();
    await machine?.stop();
  });

  test("a card that lies on a reader at USB opens by pcscd", async () => {
    await well("front-nfc");
    reader.lay(new PlainCard(storageAtr(3, 1), () => Buffer.from("04a1b2c3", "hex")));
    await opened();
    reader.lay(null);
    expect(await lastLetIn()).toBe("ana");
  });

  test("a QR that is held to the camera opens", async () => {
    await machine.out(`ln -sf ${withCode} ${shownPicture}`);
    await opened();
    await machine.out(`ln -sf ${noCode} ${shownPicture}`);
    expect(await lastLetIn()).toBe("ben");
  });

  test("a PIN that is typed on a keypad at USB opens", async () => {
    for (const qcode of ["kp_4", "kp_7", "kp_1", "kp_1", "kp_enter"]) await press(qcode);
    await opened();
    expect(await lastLetIn()).toBe("cleo");
  });

  test("a serial scanner that is plugged in, pulled out and plugged in again goes on", async () => {
    port = await plugScanner("first");
    await well("front-scanner");
    port.write("87654321\r\n");
    await opened();
    await machine.qmp("device_del", { id: "scanner-first" });
    await ill("front-scanner");
    port.destroy();
    port = await plugScanner("second");
    await well("front-scanner");
    port.write("87654321\r\n");
    await opened();
    expect(await lastLetIn()).toBe("dan");
  });

  async function startCamera(): Promise<void> {
    for (const [path, code] of [
      [noCode, null],
      [withCode, codeOf("12345678")],
    ] as const) {
      const { gray } = drawScene({ kind: "plain", grade: 1, seed: 11, code });
      await machine.out(`base64 -d > ${path}`, Buffer.from(gray).toString("base64"));
    }
    await machine.out(
      `ln -sf ${noCode} ${shownPicture}; cat > /run/camera.mjs`,
      readFileSync(join(import.meta.dirname, "camera-picture.mjs"), "utf8"),
    );
    await machine.out(
      `systemd-run --unit camera /opt/node/bin/node /run/camera.mjs /dev/video0 640 480 ${shownPicture}`,
    );
  }

  /** Until the lock was opened and is locked again. */
  async function opened(): Promise<void> {
    await machine.out(`n=0; until grep -q " ${pins.strike} 1$" ${doorsim}/moves; do n=$((n + 1)); [ $n -lt 300 ] || exit 1; sleep 0.2; done
      until grep -q "^${pins.strike} 0$" ${doorsim}/outputs; do sleep 0.2; done; echo > ${doorsim}/moves`);
  }

  /** Waits for what `postern status` says of a device: it names only what is not well. */
  const until = (grep: string): Promise<string> =>
    machine.out(
      `n=0; until ${postern} status --state /var/lib/postern > /tmp/status; ${grep}; do n=$((n + 1)); [ $n -lt 30 ] || { cat /tmp/status; exit 1; }; sleep 2; done`,
    );
  const well = (device: string): Promise<string> => until(`! grep -q "^${device} " /tmp/status`);
  const ill = (device: string): Promise<string> => until(`grep -q "^${device} " /tmp/status`);

  async function lastLetIn(): Promise<string | undefined> {
    const log = await ask(machine, "log show --last 12 --json");
    const events = log
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: { type: string; person?: string } });
    return events.filter(({ event }) => event.type === "access.granted").at(-1)?.event.person;
  }

  async function press(qcode: string): Promise<void> {
    for (const down of [true, false]) {
      await machine.qmp("input-send-event", {
        events: [{ type: "key", data: { down, key: { type: "qcode", data: qcode } } }],
      });
    }
  }

  async function plugScanner(name: string): Promise<Socket> {
    const path = await machine.plugSocket(name);
    await machine.qmp("device_add", { driver: "usb-serial", id: `scanner-${name}`, chardev: name, bus: "usb.0" });
    return createConnection(path);
  }
});

const siteWith = (keypad: string): object => ({
  ...boardSite,
  readers: [
    ...boardSite.readers,
    { id: "front-nfc", door: "front", kind: "pcsc" },
    { id: "front-camera", door: "front", kind: "camera", device: "video0", rate: 2 },
    { id: "front-pad", door: "front", kind: "keyboard", device: keypad },
    { id: "front-scanner", door: "front", kind: "scanner", port: "ttyUSB0" },
  ],
  doors: boardSite.doors.map((door) => (door.id === "front" ? { ...door, methods: ["pin", "card", "qr"] } : door)),
});
