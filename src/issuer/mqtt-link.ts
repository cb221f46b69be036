// The issuer's connection to the broker: MQTT 5, coming back by itself; knows topics and bytes, and nothing of what they say.
import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import type { IClientOptions, IClientPublishOptions, IConnackPacket, IPublishPacket, MqttClient } from "mqtt";
import { connect } from "mqtt";
import { Fault } from "../domain/fault.ts";
import { addressTurns } from "../link/address-turns.ts";
import { guardPackets, maxPacketBytes, overlong } from "../link/guard-packets.ts";
import { tlsComplaint } from "../link/tls-complaint.ts";
import type { IssuerFile } from "./issuer-folder.ts";
import type { Link, LinkEvents, Outgoing } from "./link-port.ts";

const receiveMaximum = 64;
const keepAliveSeconds = 30;
const connectMs = 15_000;
const reconnectMs = 1_000;
/** So many may be worked on; the broker keeps what comes on top. */
const maxAtOnce = 64;
const filtersAtOnce = 100;

export function openMqttLink(broker: IssuerFile["broker"], clientId: string, events: LinkEvents): Link {
  return new MqttLink(connect(broker.url, optionsOf(broker, clientId)), events);
}

function optionsOf(broker: IssuerFile["broker"], clientId: string): IClientOptions {
  const { user, passwordFile, caFile, certificateFile, keyFile } = broker;
  return {
    // For the socket below; its own options do not name it.
    ...{ lookup: addressTurns(randomInt(1_000)) },
    protocolVersion: 5,
    clientId,
    // What was missed is asked for by the controllers, or told them again.
    clean: true,
    reconnectPeriod: reconnectMs,
    connectTimeout: connectMs,
    keepalive: keepAliveSeconds,
    resubscribe: false,
    queueQoSZero: false,
    properties: { sessionExpiryInterval: 0, receiveMaximum, maximumPacketSize: maxPacketBytes },
    ...(user === null ? {} : { username: user }),
    ...(passwordFile === null ? {} : { password: readSecretText(passwordFile) }),
    ...(caFile === null ? {} : { ca: readSecretText(caFile) }),
    ...(certificateFile === null ? {} : { cert: readSecretText(certificateFile) }),
    ...(keyFile === null ? {} : { key: readSecretText(keyFile) }),
  };
}

function readSecretText(path: string): string {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    throw new Fault("issuer.unreadable", `${path} cannot be read; check the path and who may read it.`, {}, error);
  }
}

class MqttLink implements Link {
  readonly #client: MqttClient;
  readonly #events: LinkEvents;
  #canShare = true;
  #atOnce = 0;
  #why = "nobody answers there";
  /** Whoever waits for room, so that the broker keeps what comes on top. */
  readonly #waiting: (() => void)[] = [];

  constructor(client: MqttClient, events: LinkEvents) {
    this.#client = client;
    this.#events = events;
    guardPackets(client, () => {
      this.#why = overlong;
    });
    client.on("connect", (connack) => this.#opened(connack));
    client.on("error", (error) => {
      this.#why = tlsComplaint(error) ?? error.message;
    });
    client.on("close", () => events.gone(this.#why));
    client.handleMessage = (packet, done) => this.#handle(packet as IPublishPacket, () => done());
  }

  get canShare(): boolean {
    return this.#canShare;
  }

  publish(topic: string, payload: string, { retain = false, ...options }: Outgoing): Promise<boolean> {
    if (!this.#client.connected) return Promise.resolve(false);
    const { expirySeconds, responseTopic, correlation } = options;
    const properties: NonNullable<IClientPublishOptions["properties"]> = {
      ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }),
      ...(responseTopic === undefined ? {} : { responseTopic }),
      ...(correlation === undefined ? {} : { correlationData: correlation }),
    };
    return new Promise((done) => {
      this.#client.publish(topic, payload, { qos: 1, retain, properties }, (error) => done(!error));
    });
  }

  async subscribe(filters: readonly string[]): Promise<boolean> {
    for (let at = 0; at < filters.length; at += filtersAtOnce) {
      const some = filters.slice(at, at + filtersAtOnce);
      const granted = await new Promise<boolean>((done) => {
        this.#client.subscribe([...some], { qos: 1, rap: true }, (error) => done(!error));
      });
      if (!granted) return false;
    }
    return true;
  }

  async unsubscribe(filters: readonly string[]): Promise<void> {
    if (filters.length === 0 || !this.#client.connected) return;
    await new Promise<void>((done) => this.#client.unsubscribe([...filters], () => done()));
  }

  async close(): Promise<void> {
    await this.#client.endAsync(false);
  }

  #opened({ properties }: IConnackPacket): void {
    // Small messages would wait for the acknowledgement of the one before.
    (this.#client.stream as Partial<Socket>).setNoDelay?.(true);
    this.#canShare = properties?.sharedSubscriptionAvailable !== false;
    this.#why = "the connection was lost";
    this.#events.opened();
  }

  /** Until `done` nothing else is read: an answer of the broker neither, so nothing in here may wait for one. */
  #handle({ topic, payload, retain, properties }: IPublishPacket, done: () => void): void {
    const bytes = typeof payload === "string" ? Buffer.from(payload) : payload;
    const correlation = properties?.correlationData ?? null;
    this.#atOnce += 1;
    const work = this.#events.arrived({ topic, payload: bytes, retained: retain, correlation });
    void work.finally(() => {
      this.#atOnce -= 1;
      this.#waiting.shift()?.();
    });
    if (this.#atOnce < maxAtOnce) done();
    else this.#waiting.push(done);
  }
}
