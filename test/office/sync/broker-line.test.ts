// The line to a broker that does not keep to what was asked of it.
import type { Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { BrokerLine } from "../../../src/office/sync/broker-line.ts";
import { connack, imposter } from "../imposter.ts";

/** Why the connection ended. */
function lineTo(url: string): Promise<string> {
  return new Promise((gone) => {
    const files = { user: null, passwordFile: null, ca: null, caFile: null, certificate: null, key: null };
    const line = new BrokerLine({
      spec: { url, clientId: "hof.gate-1", subscribe: "postern/1/hof/gate-1/down/#", ...files },
      will: () => ({ topic: "postern/1/hof/gate-1/state", payload: "{}" }),
      ...{ opened: () => {}, arrived: () => {}, gone, mono: () => performance.now(), chance: () => 1 },
    });
    onTestFinished(() => line.close());
  });
}

const mebibyte = 1_048_576;
/** A PUBLISH that says that it has 256 megabytes, as many as MQTT knows. */
const largest = Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f);

/** Whatever the other end takes of it. */
function pour(socket: Socket, first: Buffer): void {
  const some = Buffer.alloc(mebibyte);
  const more = (): void => void (socket.destroyed || socket.bytesWritten > 256 * mebibyte || socket.write(some, more));
  socket.write(first, more);
}

test("a packet larger than was asked for ends the connection before it is collected", async () => {
  for (const answer of [Buffer.concat([connack, largest]), largest]) {
    let sent: Socket | undefined;
    const url = await imposter((socket) => {
      sent = socket;
      pour(socket, answer);
    });
    const before = process.memoryUsage().arrayBuffers;
    expect(await lineTo(url)).toBe("it sends larger packets than it was asked for");
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * mebibyte);
    expect(sent?.bytesWritten).toBeLessThan(16 * mebibyte);
  }
});
