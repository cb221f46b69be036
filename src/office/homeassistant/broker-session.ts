// One connection to a broker, from its first packet to its last; it never comes back, and knows topics and bytes but not what they say.
import type { Socket } from "node:net";
import { connect as connectPlain, isIP } from "node:net";
import { connect as connectTls } from "node:tls";
import type { MqttClient as Client, IPublishPacket } from "mqtt";
import { MqttClient } from "mqtt";
import { PacketGauge } from "../../link/packet-gauge.ts";
import { complaintOf } from "./broker-complaint.ts";
import type { Arrival } from "./read-order.ts";

export interface BrokerAccess {
  readonly broker: string;
  readonly clientId: string;
  /** PEM; null takes the system's authorities. */
  readonly ca: string | null;
  readonly username: string | null;
  readonly password: string | null;
  /** What the broker says, and keeps, when this connection breaks; null says nothing. */
  readonly will: { readonly topic: string; readonly payload: string } | null;
}

export interface SessionEvents {
  /** The broker has taken this connection. */
  opened(): void;
  arrived(arrival: Arrival): void;
  /** Once, and the last that is heard of it. */
  closed(why: string, wasTakenOver: boolean): void;
}

const connectMs = 10_000;
/** Of the protocol, in seconds: the broker gives this end up after half as much again, and says the will. */
const keepAliveSeconds = 10;
const pingEveryMs = 2_000;
/** A ping, or anything else that awaits an answer, for so long without one: nobody is there. */
const answerMs = 10_000;
/** Orders and births are a few bytes each. What comes faster is no Home Assistant. */
const maxBytesEachSecond = 65_536;
const maximumPacketSize = 4_096;
const receiveMaximum = 16;
const lastWordMs = 1_000;
/** Reason codes of DISCONNECT, MQTT 5 section 3.14.2.1. */
const disconnectWithWill = 0x04;
const sessionTakenOver = 0x8e;

export class BrokerSession {
  readonly #events: SessionEvents;
  readonly #mono: () => number;
  readonly #client: Client;
  /** When each ping that is on its way was sent. */
  readonly #pings: number[] = [];
  readonly #beat: NodeJS.Timeout;
  readonly #broker: string;
  readonly #gauge = new PacketGauge(maximumPacketSize);
  /** When that was asked to which the last answer came: the connection itself at first, then pings. */
  #answeredSince: number;
  #bytes = 0;
  #bytesSince: number;
  // Mosquitto 2.0.11 ends the older of two under one id without giving the reason.
  #why = "The connection to the broker was lost; if it happens again and again, something else speaks under this id.";
  #takenOver = false;
  #ended = false;

  constructor(access: BrokerAccess, events: SessionEvents, mono: () => number) {
    this.#events = events;
    this.#mono = mono;
    this.#broker = access.broker;
    this.#bytesSince = mono();
    this.#answeredSince = mono();
    const { username, password, will } = access;
    this.#client = new MqttClient(() => this.#openSocket(access), {
      protocolVersion: 5,
      clientId: access.clientId,
      clean: true,
      reconnectPeriod: 0,
      resubscribe: false,
      queueQoSZero: false,
      connectTimeout: connectMs,
      keepalive: keepAliveSeconds,
      // Nothing is kept for this end while it is away: what was sent meanwhile opens no door when it is back.
      properties: { sessionExpiryInterval: 0, receiveMaximum, maximumPacketSize },
      ...(username === null ? {} : { username }),
      ...(password === null ? {} : { password }),
      ...(will === null
        ? {}
        : { will: { topic: will.topic, payload: Buffer.from(will.payload), qos: 1, retain: true } }),
    });
    this.#follow(this.#client);
    this.#beat = setInterval(() => this.#ping(), pingEveryMs);
  }

  get isOver(): boolean {
    return this.#ended;
  }

  /** How long ago whatever arrives now was sent on by the broker, at most. */
  ageMs(): number {
    return this.#mono() - this.#answeredSince;
  }

  /** Resolves when the broker has granted it; otherwise the connection ends with the reason. */
  subscribe(topics: readonly string[]): Promise<boolean> {
    const first = topics[0] ?? "";
    // QoS 0 is sent at once or never. Retained messages are not sent upon subscribing, and keep their mark when they are new.
    return this.#answer(`The broker does not let Postern read ${first}.`, (done) =>
      this.#client.subscribe([...topics], { qos: 0, rh: 2, rap: true }, done),
    );
  }

  /** True when the broker has it. */
  publish(topic: string, payload: string, { retain }: { readonly retain: boolean }): Promise<boolean> {
    return this.#answer(`The broker does not let Postern write ${topic}.`, (done) =>
      this.#client.publish(topic, payload, { qos: retain ? 1 : 0, retain }, done),
    );
  }

  /** Without a reason it ends in good order, and the broker says the will at once. */
  end(why: string | null): void {
    if (this.#ended) return;
    this.#ended = true;
    if (why !== null) this.#why = why;
    clearInterval(this.#beat);
    if (why !== null) this.#client.end(true);
    else {
      this.#client.end(false, { reasonCode: disconnectWithWill });
      setTimeout(() => this.#client.stream.destroy(), lastWordMs).unref();
    }
  }

  #openSocket({ broker, ca }: BrokerAccess): Socket {
    const { protocol, hostname, port } = new URL(broker);
    const host = hostname.replace(/^\[|\]$/g, "");
    const socket =
      protocol === "mqtts:"
        ? connectTls({
            host,
            port: Number(port || 8883),
            minVersion: "TLSv1.2",
            ...(isIP(host) === 0 ? { servername: host } : {}),
            ...(ca === null ? {} : { ca }),
          })
        : connectPlain({ host, port: Number(port || 1883) });
    // Small messages would wait for the acknowledgement of the one before.
    socket.once("connect", () => socket.setNoDelay(true));
    socket.on("error", (error) => this.#complain(error));
    socket.on("data", (chunk: Buffer) => this.#weigh(chunk));
    return socket;
  }

  #follow(client: Client): void {
    client.on("connect", () => this.#events.opened());
    client.on("message", (topic, payload, packet) => this.#arrived(topic, payload, packet));
    client.on("packetsend", ({ cmd }) => {
      if (cmd === "pingreq") this.#pings.push(this.#mono());
    });
    client.on("packetreceive", ({ cmd }) => {
      if (cmd === "pingresp") this.#answeredSince = this.#pings.shift() ?? this.#answeredSince;
    });
    client.on("error", (error) => {
      this.#complain(error);
      client.stream.destroy();
    });
    client.on("disconnect", ({ reasonCode }) => {
      this.#takenOver = reasonCode === sessionTakenOver;
      this.#why = this.#takenOver
        ? "Something else speaks at the broker under this controller's id; give each its own."
        : `The broker ended the connection (reason ${reasonCode}).`;
    });
    client.on("close", () => this.#closed());
  }

  #closed(): void {
    clearInterval(this.#beat);
    const client = this.#client;
    client.removeAllListeners();
    client.on("error", () => {});
    client.end(true);
    this.#ended = true;
    this.#events.closed(this.#why, this.#takenOver);
  }

  #arrived(topic: string, payload: Buffer, { retain }: IPublishPacket): void {
    if (!this.#ended) this.#events.arrived({ topic, payload, retained: retain });
  }

  #complain(error: Error): void {
    if (!this.#ended) this.#why = complaintOf(error, this.#broker);
  }

  #weigh(chunk: Buffer): void {
    const now = this.#mono();
    if (now - this.#bytesSince >= 1_000) {
      this.#bytesSince = now;
      this.#bytes = 0;
    }
    this.#bytes += chunk.length;
    const isTooMuch = this.#bytes > maxBytesEachSecond || !this.#gauge.admits(chunk);
    if (isTooMuch) this.end("The broker sends more than any Home Assistant would.");
  }

  #ping(): void {
    if (!this.#client.connected) return;
    const [oldest] = this.#pings;
    if (oldest !== undefined && this.#mono() - oldest >= answerMs) this.end("The broker does not answer any more.");
    else if (oldest === undefined) this.#client.sendPing();
  }

  #answer(refusal: string, ask: (done: (error?: Error | null) => void) => void): Promise<boolean> {
    if (this.#ended || !this.#client.connected) return Promise.resolve(false);
    return new Promise((settle) => {
      const slow = setTimeout(() => {
        this.end("The broker does not answer any more.");
        settle(false);
      }, answerMs);
      ask((error) => {
        clearTimeout(slow);
        // A number is the broker's word; anything else means that the connection is over.
        if (typeof (error as { readonly code?: unknown } | null | undefined)?.code === "number") this.end(refusal);
        settle(error === null || error === undefined);
      });
    });
  }
}
