// One MQTT 5 connection that comes back by itself; knows topics and bytes, and nothing of what they say.
import { readFileSync } from "node:fs";
import type { LookupFunction, Socket } from "node:net";
import type { IClientOptions, IClientPublishOptions, IPublishPacket, MqttClient } from "mqtt";
import { connect } from "mqtt";
import { addressTurns } from "../../link/address-turns.ts";
import { guardPackets, maxPacketBytes, overlong } from "../../link/guard-packets.ts";
import { tlsComplaint } from "../../link/tls-complaint.ts";
import { Backoff } from "../backoff.ts";

export interface BrokerSpec {
  readonly url: string;
  readonly clientId: string;
  readonly user: string | null;
  readonly passwordFile: string | null;
  /** Authorities in PEM, and a file with others in their place; without both they are the system's. */
  readonly ca: string | null;
  readonly caFile: string | null;
  readonly certificate: string | null;
  readonly key: string | null;
  readonly subscribe: string;
}

export interface Arrival {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly responseTopic: string | undefined;
  readonly correlation: Buffer | undefined;
}

export interface BrokerLineParts {
  readonly spec: BrokerSpec;
  /** Made anew for each connection. */
  readonly will: () => { readonly topic: string; readonly payload: string };
  readonly opened: () => void;
  readonly arrived: (arrival: Arrival) => void;
  /** Refused is whoever reached the broker and was not let in. */
  readonly gone: (why: string, wasRefused: boolean) => void;
  readonly mono: () => number;
  readonly chance: () => number;
}

export interface Outgoing {
  readonly retain?: boolean;
  /** After so long the broker forgets it. */
  readonly expirySeconds?: number;
  readonly correlation?: Buffer | undefined;
}

const sessionSeconds = 3_600;
const willDelaySeconds = 10;
const receiveMaximum = 16;
const farewellMs = 1_000;
const keepAliveSeconds = 30;
const connectMs = 15_000;
const sessionTakenOver = 0x8e;
const lastCeilingMs = 300_000;

export class BrokerLine {
  readonly #parts: BrokerLineParts;
  readonly #backoff: Backoff;
  readonly #lookup: LookupFunction;
  #client: MqttClient | null = null;
  #isOpen = false;
  #openedAt = 0;
  #why = "";
  #takenOver = false;
  #wasReached = false;
  #retry: NodeJS.Timeout | null = null;
  #closed = false;
  /** Whoever waits for the broker's word: a connection that ends has none for them any more. */
  readonly #unanswered = new Set<() => void>();

  constructor(parts: BrokerLineParts) {
    this.#parts = parts;
    this.#backoff = new Backoff(parts.chance, lastCeilingMs);
    this.#lookup = addressTurns(Math.floor(parts.chance() * 1_000));
    this.#connect();
  }

  /** True once the broker has it; false when it may not, and then it is sent again by whoever wants it known. */
  publish(topic: string, payload: string, { retain = false, expirySeconds, correlation }: Outgoing): Promise<boolean> {
    const client = this.#client;
    if (client === null || !this.#isOpen) return Promise.resolve(false);
    const properties: NonNullable<IClientPublishOptions["properties"]> = {};
    if (expirySeconds !== undefined) properties.messageExpiryInterval = expirySeconds;
    if (correlation !== undefined) properties.correlationData = correlation;
    return new Promise((done) => {
      const lost = (): void => done(false);
      this.#unanswered.add(lost);
      client.publish(topic, payload, { qos: 1, retain, properties }, (error) => {
        this.#unanswered.delete(lost);
        done(!error);
      });
    });
  }

  /** Somebody at the other end has answered: the next loss is a new one. */
  served(): void {
    this.#backoff.served();
  }

  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    // Said in good order, or the will would say that it was lost; but a broker that owes an answer is not waited for.
    const client = this.#client;
    client?.end(false, { reasonCode: 0 });
    setTimeout(() => client?.end(true), farewellMs).unref();
    this.#giveUp();
  }

  #giveUp(): void {
    const unanswered = [...this.#unanswered];
    this.#unanswered.clear();
    for (const lost of unanswered) lost();
  }

  #connect(): void {
    this.#wasReached = false;
    const options = this.#options();
    if (options === null) {
      this.#lost();
      return;
    }
    const client = this.#called(options);
    if (client === null) {
      this.#lost();
      return;
    }
    this.#client = client;
    guardPackets(client, () => {
      this.#why = overlong;
    });
    client.stream.once("connect", () => {
      this.#wasReached = true;
    });
    client.on("connect", () => this.#opened(client));
    client.on("message", (topic, payload, packet) => this.#arrived(topic, payload, packet));
    client.on("error", (error) => this.#failed(error));
    client.on("disconnect", ({ reasonCode }) => {
      this.#takenOver = reasonCode === sessionTakenOver;
      this.#why = this.#takenOver
        ? "another board has connected under the same name"
        : `the broker ended it (${reasonCode})`;
    });
    client.on("close", () => {
      if (this.#client !== client) return;
      client.removeAllListeners();
      client.on("error", () => {});
      client.end(true);
      this.#lost();
    });
  }

  /** Null where not even a call can be made, as with a certificate that is none: nobody would take that. */
  #called(options: IClientOptions): MqttClient | null {
    try {
      return connect(this.#parts.spec.url, options);
    } catch (error) {
      this.#why = error instanceof Error ? error.message : String(error);
      this.#wasReached = true;
      return null;
    }
  }

  #options(): IClientOptions | null {
    const { spec, will } = this.#parts;
    const password = this.#password();
    const authorities = this.#authorities();
    if (password === null || authorities === null) return null;
    return {
      // For the socket below; its own options do not name it.
      ...{ lookup: this.#lookup },
      protocolVersion: 5,
      clientId: spec.clientId,
      clean: false,
      // A new client each time: nothing that was meant for an earlier connection is sent by itself.
      reconnectPeriod: 0,
      connectTimeout: connectMs,
      keepalive: keepAliveSeconds,
      resubscribe: false,
      queueQoSZero: false,
      ...(spec.user === null ? {} : { username: spec.user }),
      ...password,
      ...authorities,
      ...(spec.certificate === null || spec.key === null ? {} : { cert: spec.certificate, key: spec.key }),
      properties: { sessionExpiryInterval: sessionSeconds, receiveMaximum, maximumPacketSize: maxPacketBytes },
      will: {
        ...will(),
        payload: Buffer.from(will().payload),
        qos: 1,
        retain: true,
        properties: { willDelayInterval: willDelaySeconds },
      },
    };
  }

  #authorities(): Pick<IClientOptions, "ca"> | null {
    const { ca, caFile } = this.#parts.spec;
    if (caFile === null) return ca === null ? {} : { ca };
    try {
      return { ca: readFileSync(caFile, "utf8") };
    } catch {
      this.#why = `the authorities in ${caFile} cannot be read`;
      return null;
    }
  }

  #password(): Pick<IClientOptions, "password"> | null {
    const { passwordFile } = this.#parts.spec;
    if (passwordFile === null) return {};
    try {
      return { password: readFileSync(passwordFile, "utf8").trim() };
    } catch {
      this.#why = `the password in ${passwordFile} cannot be read`;
      return null;
    }
  }

  #opened(client: MqttClient): void {
    // Small messages would wait for the acknowledgement of the one before.
    (client.stream as Partial<Socket>).setNoDelay?.(true);
    this.#openedAt = this.#parts.mono();
    client.subscribe(this.#parts.spec.subscribe, { qos: 1, rap: true }, (error) => {
      if (this.#client !== client) return;
      if (error) {
        this.#why = "the broker does not let this controller read its topics";
        client.end(true);
        return;
      }
      this.#isOpen = true;
      this.#why = "the connection was lost";
      this.#parts.opened();
    });
  }

  #arrived(topic: string, payload: Buffer, { retain, properties }: IPublishPacket): void {
    if (this.#closed) return;
    const { responseTopic, correlationData } = properties ?? {};
    this.#parts.arrived({ topic, payload, retained: retain, responseTopic, correlation: correlationData });
  }

  #failed(error: Error & { readonly code?: string | number }): void {
    this.#why = tlsComplaint(error) ?? `${error.message} (${error.code ?? "unknown"})`;
  }

  #lost(): void {
    const lived = this.#isOpen ? this.#parts.mono() - this.#openedAt : 0;
    const wasOpen = this.#isOpen;
    this.#client = null;
    this.#isOpen = false;
    this.#giveUp();
    if (this.#closed) return;
    const waitMs = this.#backoff.after(lived, this.#takenOver);
    this.#takenOver = false;
    this.#retry = setTimeout(() => this.#connect(), waitMs);
    this.#parts.gone(
      this.#why || (wasOpen ? "the connection was lost" : "nobody answers there"),
      this.#wasReached && !wasOpen,
    );
  }
}
