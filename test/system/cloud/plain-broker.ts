// Debian's Mosquitto on loopback without TLS: the one place where that is taken, and where a test can play a hostile broker.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownPort } from "../../own-port.ts";
import { poll } from "../product.ts";

export async function startPlainBroker(): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "postern-broker-"));
  const port = await ownPort("127.0.0.1");
  const lines = [
    `listener ${port} 127.0.0.1`,
    "allow_anonymous true",
    "set_tcp_nodelay true",
    "max_queued_messages 100000",
  ];
  writeFileSync(join(folder, "mosquitto.conf"), `${lines.join("\n")}\n`);
  const broker = spawn("mosquitto", ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" });
  await poll(() => answers(port));
  const stop = async (): Promise<void> => {
    broker.kill();
    await new Promise((ended) => broker.once("exit", ended));
    rmSync(folder, { recursive: true });
  };
  return { url: `mqtt://127.0.0.1:${port}`, stop };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((found) => {
    const socket = createConnection(port, "127.0.0.1", () => {
      socket.destroy();
      found(true);
    });
    socket.on("error", () => found(false));
  });
