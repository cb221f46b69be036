// A pair of terminals in place of a serial line, with a simulated reader at the far end.
import { type ChildProcess, spawn } from "node:child_process";
import { readlinkSync } from "node:fs";
import { join } from "node:path";
import { SerialPort } from "serialport";
import type { SimulatedReader } from "./reader-simulator.ts";

export interface Cable {
  readonly socat: ChildProcess;
  readonly panelPort: string;
  readonly readerEnd: SerialPort;
}

/** Terminals do not pace what goes through them; OSDP does not mind a line that is too fast. */
export async function layCable(folder: string, name: string, reader: SimulatedReader, baud: number): Promise<Cable> {
  const [panel, far] = [join(folder, `${name}-panel`), join(folder, `${name}-reader`)];
  const socat = spawn("socat", ["-d", "-d", `PTY,raw,echo=0,link=${panel}`, `PTY,raw,echo=0,link=${far}`]);
  await new Promise<void>((resolve) =>
    socat.stderr?.on("data", (text) => String(text).includes("data transfer") && resolve()),
  );
  const readerEnd = new SerialPort({ path: far, baudRate: baud });
  readerEnd.on("error", () => {});
  readerEnd.on("data", (bytes: Buffer) => {
    const reply = reader.hear(bytes, performance.now());
    if (reply !== null && readerEnd.isOpen) readerEnd.write(reply);
  });
  return { socat, panelPort: readlinkSync(panel).replace("/dev/", ""), readerEnd };
}
