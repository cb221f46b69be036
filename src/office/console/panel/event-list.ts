// The list of live events, newest first, and what is read aloud of them; knows no socket.
import type { RecordedEvent } from "../../../domain/events.ts";
import type { PageJournal, PageSite } from "../wire.ts";
import { copyOf, need, setIcon, setText, textElement } from "./elements.ts";
import { type EventWords, type Tone, wordsFor } from "./event-words.ts";

const maxShown = 200;
/** More at once than this is counted, not read. */
const maxSpoken = 3;

const icons: Record<Tone, string> = {
  granted: "check",
  denied: "cross",
  alarm: "bell",
  door: "door",
  system: "gear",
};

export class EventList {
  readonly #list: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #announcer: HTMLElement;
  #site: PageSite | null = null;
  #times: EventTimes | null = null;
  #lastSeq = 0;

  constructor(root: ParentNode) {
    this.#list = need(root, "#event-list", HTMLElement);
    this.#empty = need(root, "#no-events", HTMLElement);
    this.#announcer = need(root, "#announcer", HTMLElement);
  }

  setSite(site: PageSite): void {
    this.#site = site;
    this.#times = new EventTimes(site.timeZone);
  }

  show({ reset, events }: PageJournal): void {
    const site = this.#site;
    if (site === null) return;
    if (reset) {
      this.#list.replaceChildren();
      this.#lastSeq = 0;
    }
    const spoken: string[] = [];
    for (const recorded of events) {
      if (recorded.seq <= this.#lastSeq) continue;
      this.#lastSeq = recorded.seq;
      const words = wordsFor(recorded, site);
      const row = this.#rowOf(recorded, words);
      if (!reset) row.classList.add("is-new");
      this.#list.prepend(row);
      if (words.tone !== "system" && words.tone !== "door") spoken.push(words.sentence);
    }
    while (this.#list.childElementCount > maxShown) this.#list.lastElementChild?.remove();
    this.#empty.hidden = this.#list.childElementCount > 0;
    if (!reset && spoken.length > 0) this.#speak(spoken);
  }

  #speak(sentences: readonly string[]): void {
    const last = sentences.slice(-maxSpoken).join(". ");
    const before = sentences.length - maxSpoken;
    setText(this.#announcer, before > 0 ? `${before} events, then: ${last}` : last);
  }

  #rowOf(recorded: RecordedEvent, words: EventWords): HTMLElement {
    const row = copyOf("event");
    row.dataset["tone"] = words.tone;
    row.dataset["seq"] = String(recorded.seq);
    setIcon(need(row, ".event-icon", SVGElement), icons[words.tone]);
    const time = need(row, "time", HTMLTimeElement);
    const wall = new Date(recorded.at.wall);
    time.dateTime = wall.toISOString();
    setText(time, `${recorded.at.trusted ? "" : "≈ "}${this.#times?.clock(wall) ?? ""}`);
    const day = this.#times?.otherDay(wall) ?? null;
    if (day !== null) time.append(textElement("span", day, "event-day"));
    setText(need(row, ".event-sentence", HTMLElement), words.sentence);
    const details = need(row, "dl", HTMLElement);
    for (const [label, value] of words.details) {
      const pair = document.createElement("div");
      pair.append(textElement("dt", label), textElement("dd", value));
      details.append(pair);
    }
    return row;
  }
}

/** Times as the site's own clock shows them. */
export class EventTimes {
  readonly #clock: Intl.DateTimeFormat;
  readonly #day: Intl.DateTimeFormat;
  readonly #fullDay: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    const hour = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZone } as const;
    this.#clock = new Intl.DateTimeFormat("en-GB", hour);
    this.#day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone });
    this.#fullDay = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone });
  }

  clock(at: Date): string {
    return this.#clock.format(at);
  }

  /** Day and time, for where the two may differ. */
  moment(at: Date): string {
    return `${this.#fullDay.format(at)}, ${this.#clock.format(at)}`;
  }

  /** The day, when it is not today. */
  otherDay(at: Date): string | null {
    const day = this.#day.format(at);
    return day === this.#day.format(new Date()) ? null : day;
  }
}
