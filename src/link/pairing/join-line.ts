// Carries what two ends say while they pair over a broker: one topic each way, said again until something comes of it.
import type { Socket } from "node:net";
import type { IClientOptions, MqttClient } from "mqtt";
import { connect } from "mqtt";
import { guardPackets, maxPacketBytes, overlong } from "../guard-packets.ts";
import { isCertificateWanted, tlsComplaint } from "../tls-complaint.ts";
import type { JoinSide } from "./join-messages.ts";
import { joinTopic } from "./join-messages.ts";

const connectMs = 15_000;
const againMs = 2_000;
const messageSeconds = 60;
const topicUnauthorized = 0x87;

export interface JoinLineParts {
  readonly url: string;
  readonly channel: string;
  readonly side: JoinSide;
  readonly access: Pick<IClientOptions, "username" | "password" | "ca" | "cert" | "key" | "rejectUnauthorized">;
  readonly heard: (payload: Buffer) => void;
  /** The broker does not let us pair. */
  readonly failed: (why: string) => void;
}

export interface JoinLine {
  /** Until the broker has it; said again every two seconds when `isKept`, until something else is said. */
  say(text: string, isKept: boolean): Promise<void>;
  close(): Promise<void>;
}

/** Rejects with a sentence when nobody answers there, or does not let us in. */
export async function openJoinLine({ url, channel, side, access, heard, failed }: JoinLineParts): Promise<JoinLine> {
  const options: IClientOptions = {
    protocolVersion: 5,
    clean: true,
    reconnectPeriod: againMs,
    connectTimeout: connectMs,
    properties: { maximumPacketSize: maxPacketBytes },
  };
  // Only the first connection has to be there at once; later ones come back by themselves, with what was subscribed.
  const client = await opened(url, { ...options, ...access }).catch((error: Error) => {
    throw new Error(complaint(error, url, side));
  });
  const hurry = (): unknown => (client.stream as Partial<Socket>).setNoDelay?.(true);
  hurry();
  client.on("connect", hurry);
  let again: NodeJS.Timeout | undefined;
  const stop = (): void => clearInterval(again);
  client.on("message", (_, payload) => heard(payload));
  client.on("error", () => {});
  const other = side === "device" ? "issuer" : "device";
  await client.subscribeAsync(joinTopic(channel, other), { qos: 1 }).catch(() => {
    throw new Error(
      `The broker at ${url} does not let us pair; see that its access list is the one that came with it.`,
    );
  });
  const publish = async (text: string): Promise<void> => {
    const properties = { messageExpiryInterval: messageSeconds };
    await client.publishAsync(joinTopic(channel, side), text, { qos: 1, properties }).catch((error: unknown) => {
      if ((error as { code?: number }).code !== topicUnauthorized) return;
      failed(`The broker at ${url} does not let us pair; see that its access list is the one that came with it.`);
    });
  };
  return {
    say: async (text, isKept) => {
      stop();
      await publish(text);
      if (isKept) again = setInterval(() => void publish(text), againMs);
    },
    close: async () => {
      stop();
      // While the connection is away nobody would answer.
      await client.endAsync(!client.connected);
    },
  };
}

function complaint(error: Error, url: string, side: JoinSide): string {
  if (side === "device" && isCertificateWanted(error)) {
    return `The port of ${url} wants a certificate, which a board has only once it is paired; pair at the broker's port for passwords, usually 8884.`;
  }
  const why = tlsComplaint(error) ?? error.message;
  return `The broker at ${url} does not let us in (${why}); check the address and the port.`;
}

function opened(url: string, options: IClientOptions): Promise<MqttClient> {
  return new Promise((ready, failed) => {
    const client = connect(url, options);
    let why = new Error("nobody answers as a broker would");
    const end = (error: Error): void => {
      client.end(true);
      failed(error);
    };
    guardPackets(client, () => {
      why = new Error(overlong);
    });
    const lost = (): void => end(why);
    client.once("close", lost);
    client.once("error", end);
    client.once("connect", () => {
      client.off("close", lost).off("error", end);
      ready(client);
    });
  });
}
