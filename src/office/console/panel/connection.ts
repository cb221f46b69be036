// The page's line to the console: one event stream that comes back by itself, and the requests that work the doors.
import type { PageAnswer, PageMessages, PageSite } from "../wire.ts";

const firstRetryMs = 500;
const lastRetryMs = 8_000;
/** Beats that may fail to come before the line counts as cut. */
const missedBeats = 2.5;
const silentAtFirstMs = 20_000;
/** Requests that may wait for their turn; more means that nobody answers. */
const maxWaiting = 64;

export interface ConnectionEvents {
  message<Name extends keyof PageMessages>(name: Name, data: PageMessages[Name]): void;
  /** `why` is one sentence while the line is down. */
  changed(connected: boolean, why: string): void;
  refused(problem: string): void;
}

const streamed = [
  "site",
  "doors",
  "board",
  "signal",
  "journal",
  "joining",
  "beat",
] as const satisfies (keyof PageMessages)[];

export class Connection {
  readonly #events: ConnectionEvents;
  #source: EventSource | null = null;
  #lastEventId = "";
  #retryMs = firstRetryMs;
  #silence = 0;
  #silentMs = silentAtFirstMs;
  #turn: Promise<void> = Promise.resolve();
  #waiting = 0;

  constructor(events: ConnectionEvents) {
    this.#events = events;
    this.#open();
  }

  /** One after the other, so that keys arrive in the order in which they were pressed. */
  post(path: string, body: () => object | null): void {
    if (this.#waiting >= maxWaiting) return;
    this.#waiting += 1;
    this.#turn = this.#turn.then(async () => {
      this.#waiting -= 1;
      const value = body();
      if (value === null) return;
      // Outlives the page: a button held while it closes is let go all the same.
      await this.#send(path, {
        keepalive: true,
        body: JSON.stringify(value),
        headers: { "Content-Type": "application/json" },
      });
    });
  }

  postBytes(path: string, body: Uint8Array<ArrayBuffer>): void {
    void this.#send(path, { body });
  }

  refuse(problem: string): void {
    this.#events.refused(problem);
  }

  async #send(path: string, request: RequestInit): Promise<void> {
    try {
      const response = await fetch(path, {
        ...request,
        method: "POST",
        signal: AbortSignal.timeout(8_000),
      });
      if (response.status === 401) location.replace("/");
      const answer = (await response.json()) as PageAnswer;
      if (!answer.ok) this.#events.refused(answer.problem ?? "That was refused.");
    } catch {
      this.#events.refused("Postern did not answer.");
    }
  }

  #open(): void {
    const after = this.#lastEventId === "" ? "" : `?after=${encodeURIComponent(this.#lastEventId)}`;
    const source = new EventSource(`/events${after}`);
    this.#source = source;
    source.addEventListener("error", () => this.#lost());
    for (const name of streamed) {
      source.addEventListener(name, (event) => {
        if (event.lastEventId !== "") this.#lastEventId = event.lastEventId;
        const data = JSON.parse(event.data) as PageMessages[typeof name];
        if (name === "site") this.#silentMs = (data as PageSite).beatMs * missedBeats;
        this.#heard();
        this.#events.message(name, data);
      });
    }
    this.#listen();
  }

  #heard(): void {
    this.#retryMs = firstRetryMs;
    this.#events.changed(true, "");
    this.#listen();
  }

  /** A sleeping laptop or a cut cable breaks the stream without a word. */
  #listen(): void {
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#lost(), this.#silentMs);
  }

  #lost(): void {
    if (this.#source === null) return;
    this.#source.close();
    this.#source = null;
    clearTimeout(this.#silence);
    this.#events.changed(false, "Trying again…");
    setTimeout(() => void this.#retry(), this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
  }

  /** A stream cannot say why it was refused, so ask first. */
  async #retry(): Promise<void> {
    try {
      const response = await fetch("/session", { signal: AbortSignal.timeout(8_000) });
      if (response.status === 401) location.replace("/");
    } catch {
      // Still away: opening the stream fails as well and comes back here.
    }
    this.#open();
  }
}
