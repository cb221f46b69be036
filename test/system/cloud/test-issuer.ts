// An issuer in a test's hands: it says what it is told to, honestly signed or not, and keeps what the controller said.
import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import type { IClientPublishOptions, IPublishPacket, MqttClient } from "mqtt";
import { connect } from "mqtt";
import type { CloudStep } from "../../../src/domain/cloud-directory.ts";
import type { Down, DownKind } from "../../../src/link/down-messages.ts";
import { downPlaceOf } from "../../../src/link/down-messages.ts";
import type { Signer } from "../../../src/link/envelope.ts";
import { signMessage } from "../../../src/link/envelope.ts";
import type { UpMessage } from "../../../src/link/read-message.ts";
import { readUp } from "../../../src/link/read-message.ts";
import { seal, sealKey, unseal } from "../../../src/link/seal.ts";
import type { Address } from "../../../src/link/topics.ts";
import { readTopic, topicOf } from "../../../src/link/topics.ts";
import type { Up, UpKind } from "../../../src/link/up-messages.ts";
import type { madeIdentity } from "../../link/made-identity.ts";

export interface Heard {
  readonly topic: string;
  readonly payload: Buffer;
  readonly packet: IPublishPacket;
  readonly message: UpMessage;
}

type Sending = IClientPublishOptions & { readonly place?: string; readonly by?: Signer };
type Order = Down<"command">["do"];

export class TestIssuer {
  readonly address: Address;
  readonly heard: Heard[] = [];
  /** What came and could not be read: there must be none of it. */
  readonly unread: string[] = [];
  /** Answers each batch of events. */
  acknowledges = true;
  readonly client: MqttClient;
  readonly #keys: ReturnType<typeof madeIdentity>["issuer"];
  readonly #waiting = new Set<(heard: Heard) => void>();

  constructor(client: MqttClient, address: Address, keys: ReturnType<typeof madeIdentity>["issuer"]) {
    this.client = client;
    this.address = address;
    this.#keys = keys;
    client.on("message", (topic, payload, packet) => this.#hear(topic, payload, packet));
  }

  static async open(
    url: string,
    address: Address,
    keys: ReturnType<typeof madeIdentity>["issuer"],
    options: object = {},
  ) {
    const client = connect(url, { protocolVersion: 5, ...options });
    const issuer = new TestIssuer(client, address, keys);
    await new Promise<void>((opened) => client.once("connect", () => opened()));
    (client.stream as unknown as Socket).setNoDelay(true);
    for (const place of ["state", "live", "up/#", "result/#"])
      await client.subscribeAsync(topicOf(address, place), { qos: 1 });
    return issuer;
  }

  get signer(): Signer {
    return this.#keys.signer;
  }

  /** As it would be published. */
  text(kind: string, members: object, by: Signer = this.signer): string {
    return signMessage({ kind, ...this.address, at: Date.now(), ...members }, by);
  }

  publish(place: string, payload: string | Buffer, options: IClientPublishOptions = {}): Promise<unknown> {
    return this.client.publishAsync(topicOf(this.address, place), payload, { qos: 1, ...options });
  }

  say(kind: DownKind, members: object, { place, by, ...options }: Sending = {}): Promise<unknown> {
    return this.publish(place ?? downPlaceOf[kind], this.text(kind, members, by), options);
  }

  command(order: Order, over: object = {}, options: Sending = {}): Promise<unknown> {
    return this.say("command", this.ordering(order, over), options);
  }

  ordering(order: Order, over: object = {}) {
    const id = randomBytes(16).toString("base64url");
    return { id, do: order, by: "anna", until: Date.now() + 30_000, challenge: null, ...over };
  }

  /** Waits for what came of it. */
  async order(order: Order, over: object = {}): Promise<Up<"result">> {
    const ordering = this.ordering(order, over);
    const answer = this.next("result", ({ id }) => id === ordering.id);
    await this.say("command", ordering);
    return (await answer).message as Up<"result">;
  }

  /** A step of the directory, its secrets sealed. */
  step(step: CloudStep, over: object = {}): Promise<unknown> {
    return this.publish("down/directory", this.stepText(step, over));
  }

  stepText(step: CloudStep, over: object = {}): string {
    const secrets: string[] = [];
    const documents = step.documents.map((document) => {
      if (document.what !== "person" && document.what !== "pass") return document;
      const credentials = document.credentials.map((one) => ({ ...one, secret: secrets.push(one.secret) - 1 }));
      return { ...document, credentials };
    });
    const more = step.kind === "delta" ? { more: false } : {};
    const sealed = secrets.length === 0 ? {} : { sealed: this.seal(step.kind, secrets) };
    return this.text(step.kind, { ...step, documents, ...sealed, ...more, ...over });
  }

  seal(kind: string, values: readonly unknown[]): string {
    return seal(kind, values, sealKey("down", this.address, this.#keys.unsealer, this.#keys.deviceSeal), randomBytes);
  }

  unseal(kind: string, sealed: string): readonly unknown[] | null {
    return unseal(kind, sealed, sealKey("up", this.address, this.#keys.unsealer, this.#keys.deviceSeal));
  }

  /** The newest message of that kind that was heard already, or the next one. */
  async seen<Kind extends UpKind>(kind: Kind, is: (message: Up<Kind>) => boolean = () => true): Promise<Up<Kind>> {
    const known = this.heard.findLast(({ message }) => message.kind === kind && is(message as Up<Kind>));
    return (known ?? (await this.next(kind, is))).message as Up<Kind>;
  }

  next<Kind extends UpKind>(kind: Kind, is: (message: Up<Kind>) => boolean = () => true): Promise<Heard> {
    return new Promise((found) => {
      const look = (heard: Heard): void => {
        if (heard.message.kind !== kind || !is(heard.message as Up<Kind>)) return;
        this.#waiting.delete(look);
        found(heard);
      };
      this.#waiting.add(look);
    });
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }

  #hear(topic: string, payload: Buffer, packet: IPublishPacket): void {
    const place = readTopic(topic)?.place ?? "";
    const arrived = { payload, place: place.startsWith("result/") ? "result" : place, retained: packet.retain };
    const read = readUp(arrived, this.address, this.#keys.deviceKeys);
    if (!read.ok) {
      this.unread.push(`${topic}: ${read.why}`);
      return;
    }
    const heard = { topic, payload, packet, message: read.message };
    this.heard.push(heard);
    for (const look of [...this.#waiting]) look(heard);
    if (read.message.kind === "events" && this.acknowledges) this.#acknowledge(read.message);
  }

  #acknowledge({ epoch, events, hash }: Up<"events">): void {
    const seq = events.at(-1)?.seq ?? 0;
    void this.say("ack", { epoch, seq, hash, nonce: null });
  }
}
