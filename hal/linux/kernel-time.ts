// Asks and sets the kernel's clock and the clock chip; knows nothing of what the answers are worth.
import { readdirSync, readFileSync } from "node:fs";
import koffi from "koffi";
import type { TimeKernel } from "./system-clock.ts";

/** struct timex of 64-bit Linux: so many bytes, and where the status is. */
const timexBytes = 208;
const timexStatusAt = 40;
const staUnsync = 0x0040;
const clockRealtime = 0;
const rtcSetTime = 0x4024700a;
const rtcVoltageRead = 0x80047013;
/** A bit of the voltage's answer: the chip lost its power, so what it shows means nothing. */
const rtcDataInvalid = 1;
/** A chip shows whole seconds. */
const agreesWithinMs = 2_000;
const chipFolder = "/sys/class/rtc";

export async function openTimeKernel(): Promise<TimeKernel> {
  const libc = koffi.load("libc.so.6");
  const adjtimex = libc.func("int adjtimex(void *buf)");
  const clockSetTime = libc.func("int clock_settime(int clock, const void *time)");
  const open = libc.func("int open(const char *path, int flags)");
  const ioctl = libc.func("int ioctl(int fd, ulong request, void *argument)");
  const close = libc.func("int close(int fd)");
  const errorWords = (): string =>
    koffi.errno() === 1 ? "Postern may not do that here" : `the kernel says error ${koffi.errno()}`;

  /** Null where the chip cannot be opened: whoever holds it keeps it. */
  const withChip = (request: number, argument: Buffer): boolean | null => {
    const fd = open("/dev/rtc0", 0) as number;
    if (fd < 0) return null;
    try {
      return (ioctl(fd, request, argument) as number) >= 0;
    } finally {
      close(fd);
    }
  };

  const isChipDead = (): boolean => {
    const answer = Buffer.alloc(4);
    return withChip(rtcVoltageRead, answer) === true && (answer.readUInt32LE() & rtcDataInvalid) !== 0;
  };

  const isFromChip = chipAgrees(Date.now()) && !isChipDead();

  return {
    synchronised: () => {
      const timex = Buffer.alloc(timexBytes);
      return (adjtimex(timex) as number) >= 0 && (timex.readInt32LE(timexStatusAt) & staUnsync) === 0;
    },
    setFromChip: () => isFromChip,
    set(wallMs) {
      const time = Buffer.alloc(16);
      time.writeBigInt64LE(BigInt(Math.floor(wallMs / 1_000)), 0);
      time.writeBigInt64LE(BigInt((wallMs % 1_000) * 1_000_000), 8);
      if ((clockSetTime(clockRealtime, time) as number) !== 0) return `${errorWords()}`;
      withChip(rtcSetTime, brokenDown(wallMs));
      return null;
    },
  };
}

/** struct rtc_time: nine ints, of which the last three are not read. */
function brokenDown(wallMs: number): Buffer {
  const date = new Date(wallMs);
  const fields = [
    date.getUTCSeconds(),
    date.getUTCMinutes(),
    date.getUTCHours(),
    date.getUTCDate(),
    date.getUTCMonth(),
    date.getUTCFullYear() - 1_900,
    0,
    0,
    0,
  ];
  const time = Buffer.alloc(36);
  for (const [place, field] of fields.entries()) time.writeInt32LE(field, place * 4);
  return time;
}

/** The kernel sets its clock from the chip when it starts; one that shows another time was not asked. */
function chipAgrees(wallMs: number): boolean {
  try {
    return readdirSync(chipFolder).some((chip) => {
      const shown = Number(readFileSync(`${chipFolder}/${chip}/since_epoch`, "utf8")) * 1_000;
      return Math.abs(shown - wallMs) <= agreesWithinMs;
    });
  } catch {
    return false;
  }
}
