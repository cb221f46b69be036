// The office's line to the ledger: learns when the record grew and hands in notes; never touches the database.
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { JournalEvent } from "../domain/events.ts";
import { LineLink } from "./line-link.ts";

/** Notes kept while the ledger is away; past it the oldest goes. */
const maxNotes = 32;

export interface LedgerLinkEvents {
  /** The record may have grown: after each commit, and whenever the line is new. */
  grew(): void;
  changed(connected: boolean, why: string): void;
}

export class LedgerLink {
  readonly #link: LineLink;
  readonly #events: LedgerLinkEvents;
  #notes: JournalEvent[] = [];
  /** A note counts only once the ledger said so: after a broken line it is sent again. */
  #sent = false;

  constructor(path: string, events: LedgerLinkEvents) {
    this.#events = events;
    this.#link = new LineLink(path, {
      opened: () => this.#opened(),
      value: (value) => this.#take(value),
      gone: (why) => this.#gone(why),
    });
  }

  note(event: JournalEvent): void {
    this.#notes.push(event);
    if (this.#notes.length > maxNotes) this.#notes.splice(this.#sent ? 1 : 0, 1);
    this.#sendNext();
  }

  close(): void {
    this.#link.close();
  }

  #opened(): void {
    this.#send({ kind: "watch" });
    this.#events.changed(true, "");
    this.#events.grew();
    this.#sendNext();
  }

  #gone(why: string): void {
    this.#sent = false;
    this.#events.changed(false, why);
  }

  #send(request: LedgerRequest): boolean {
    return this.#link.send(JSON.stringify(request));
  }

  #sendNext(): void {
    const event = this.#notes[0];
    if (event === undefined || this.#sent) return;
    this.#sent = this.#send({ kind: "note", event });
  }

  #take(value: unknown): void {
    const kind = (value as Partial<LedgerReply> | null)?.kind;
    if (kind === "head") this.#events.grew();
    // An error means that the ledger will not have this note, now or later.
    if ((kind === "noted" || kind === "error") && this.#sent) {
      this.#notes = this.#notes.slice(1);
      this.#sent = false;
    }
    this.#sendNext();
  }
}
