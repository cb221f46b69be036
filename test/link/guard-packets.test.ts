// A broker that begins larger packets than it was asked for, on each connection anew.
import { connect } from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import { guardPackets } from "../../src/link/guard-packets.ts";
import { openJoinLine } from "../../src/link/pairing/join-line.ts";
import { connack, imposter } from "../office/imposter.ts";

/** A PUBLISH that says that it has 256 megabytes. */
const largest = Buffer.of(0x30, 0xff, 0xff, 0xff, 0x7f);

test("every connection of a client that comes back by itself is ended", async () => {
  let ended = 0;
  const { promise, resolve } = Promise.withResolvers<void>();
  const url = await imposter((socket) => {
    socket.resume().write(Buffer.concat([connack, largest]));
    socket.once("close", () => {
      ended += 1;
      if (ended === 3) resolve();
    });
  });
  const client = connect(url, { protocolVersion: 5, reconnectPeriod: 1 });
  onTestFinished(async () => void (await client.endAsync(true)));
  let left = 0;
  guardPackets(client, () => {
    left += 1;
  });
  await promise;
  expect(left).toBeGreaterThanOrEqual(3);
});

test("while a board pairs it is said that the broker sends too much", async () => {
  const url = await imposter((socket) => socket.write(largest));
  const line = openJoinLine({ url, channel: "abcd", side: "device", access: {}, heard: () => {}, failed: () => {} });
  await expect(line).rejects.toThrow(/does not let us in \(it sends larger packets than it was asked for\)/);
});
