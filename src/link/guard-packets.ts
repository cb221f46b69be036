// Leaves a broker that begins a packet larger than was asked for: MQTT's client would collect however many bytes it announces.
import type { MqttClient } from "mqtt";
import { PacketGauge } from "./packet-gauge.ts";

/** A message, its topic and its properties. */
export const maxPacketBytes = 300_000;

export const overlong = "it sends larger packets than it was asked for";

/** Of the present connection, before anything has come, and of each that follows. */
export function guardPackets(client: MqttClient, left: () => void): void {
  const guard = (): void => {
    const { stream } = client;
    const gauge = new PacketGauge(maxPacketBytes);
    stream.on("data", (chunk: Buffer) => {
      if (gauge.admits(chunk)) return;
      left();
      stream.destroy();
    });
  };
  guard();
  // Said before the next one is opened.
  client.on("reconnect", () => process.nextTick(guard));
}
