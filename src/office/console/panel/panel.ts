// The panel's start: brings together the line to the console, the doors, the events and the site's own switches.
import type { DoorStatus, HealthFact } from "../../../domain/status.ts";
import type { PageBoard, PageDoors, PageMessages, PageSignal, PageSite } from "../wire.ts";
import { BoardActions } from "./board-actions.ts";
import { Connection } from "./connection.ts";
import { type DoorActions, DoorCard } from "./door-card.ts";
import { need, setText, textElement } from "./elements.ts";
import { EventList } from "./event-list.ts";
import { Joining } from "./joining.ts";
import { SiteClock } from "./site-clock.ts";
import { Sound } from "./sound.ts";
import { drawSamples } from "./try-it.ts";

const noticeMs = 6_000;

class Panel {
  readonly #connection: Connection;
  readonly #actions: DoorActions;
  readonly #sound = new Sound();
  readonly #events = new EventList(document);
  readonly #clock: SiteClock;
  readonly #joining: Joining;
  readonly #fire = need(document, "#fire", HTMLButtonElement);
  #cards: DoorCard[] = [];
  #site: PageSite | null = null;
  #drawn = "";
  #doors: readonly DoorStatus[] = [];
  #board: PageBoard | null = null;
  #notice = 0;

  constructor() {
    this.#connection = new Connection({
      message: (name, data) => this.#take(name, data),
      changed: (connected, why) => this.#showLine(connected, why),
      refused: (problem) => this.#notify(problem),
    });
    this.#actions = {
      board: new BoardActions(this.#connection),
      give: (command) => this.#connection.post("/doors", () => ({ command })),
    };
    const dialog = need(document, "#time-dialog", HTMLDialogElement);
    this.#clock = new SiteClock(need(document, "#clock", HTMLElement), dialog, {
      set: (wallMs) => this.#connection.post("/time", () => ({ time: { kind: "timeSet", wallMs: wallMs() } })),
      confirm: () => this.#connection.post("/time", () => ({ time: { kind: "timeConfirm" } })),
    });
    this.#joining = new Joining(need(document, "#joining", HTMLElement), {
      begin: (broker) => this.#connection.post("/joining", () => ({ broker })),
      cancel: () => this.#connection.post("/joining/cancel", () => ({})),
    });
    this.#wireBar();
  }

  #take<Name extends keyof PageMessages>(name: Name, data: PageMessages[Name]): void {
    if (name === "site") this.#showSite(data as PageSite);
    else if (name === "doors") this.#showDoors(data as PageDoors);
    else if (name === "board") this.#showBoard(data as PageBoard);
    else if (name === "signal") this.#showSignal(data as PageSignal);
    else if (name === "joining") this.#joining.show(data as PageMessages["joining"]);
    else if (name === "journal") this.#events.show(data as PageMessages["journal"]);
  }

  #showSite(site: PageSite): void {
    const drawn = JSON.stringify(site);
    if (drawn === this.#drawn) return;
    this.#drawn = drawn;
    this.#site = site;
    setText(need(document, "#site-name", HTMLElement), site.name);
    document.title = `${site.name} · Postern`;
    document.body.classList.toggle("is-simulated", site.simulated);
    this.#events.setSite(site);
    this.#clock.setTimeZone(site.timeZone);
    this.#joining.setTimeZone(site.timeZone);
    drawSamples(need(document, "#try", HTMLElement), site);
    this.#cards = site.doors.map((door, index) => new DoorCard({ door, index, site }, this.#actions));
    need(document, "#doors", HTMLElement).replaceChildren(...this.#cards.map((card) => card.element));
    need(document, "#fire-card", HTMLElement).hidden = !site.simulated || site.fireInput === null;
    if (this.#board !== null) this.#showBoard(this.#board);
  }

  #showDoors({ doors, health, time }: PageDoors): void {
    this.#doors = doors;
    this.#clock.show(time);
    for (const card of this.#cards) {
      card.showStatus(doors.find((door) => door.door === card.element.dataset["door"]) ?? null);
    }
    this.#showHealth(health.filter((fact) => fact.state === "fault"));
    this.#showFire();
  }

  #showBoard(board: PageBoard): void {
    this.#board = board;
    for (const card of this.#cards) card.showBoard(board);
    this.#showFire();
  }

  #showSignal(signal: PageSignal): void {
    for (const card of this.#cards) card.signal(signal);
    this.#sound.play(signal.signal);
  }

  #showHealth(faults: readonly HealthFact[]): void {
    need(document, "#health", HTMLElement).hidden = faults.length === 0;
    const list = need(document, "#health-list", HTMLElement);
    const lines = faults.map((fact) => `${fact.part}: ${fact.why}`);
    if (list.dataset["lines"] === lines.join("\n")) return;
    list.dataset["lines"] = lines.join("\n");
    list.replaceChildren(...faults.map((fact, index) => this.#faultLine(fact, lines[index] ?? "")));
  }

  /** A recovered database is at fault until somebody has taken note of it. */
  #faultLine({ part }: HealthFact, line: string): HTMLElement {
    const item = textElement("li", line);
    if (part !== "database") return item;
    const button = textElement("button", "I have taken note", "button") as HTMLButtonElement;
    button.type = "button";
    button.addEventListener("click", () => this.#actions.give({ kind: "clearRecovery" }));
    item.append(" ", button);
    return item;
  }

  #showFire(): void {
    const input = this.#site?.fireInput ?? null;
    const active = input !== null && this.#board?.inputs[input] === true;
    const latched = this.#doors.some((door) => door.fire);
    this.#fire.setAttribute("aria-checked", String(active));
    setText(
      need(document, "#fire-text", HTMLElement),
      active ? "Raised" : latched ? "Over, release still latched" : "Quiet",
    );
    need(document, "#fire-clear", HTMLButtonElement).hidden = !latched || active;
  }

  #showLine(connected: boolean, why: string): void {
    document.body.classList.toggle("is-offline", !connected);
    const banner = need(document, "#lost", HTMLElement);
    if (banner.hidden !== connected) banner.hidden = connected;
    setText(need(document, "#lost-why", HTMLElement), why);
  }

  #notify(problem: string): void {
    const notice = need(document, "#notice", HTMLElement);
    setText(notice, problem);
    notice.classList.add("is-shown");
    clearTimeout(this.#notice);
    this.#notice = setTimeout(() => {
      notice.classList.remove("is-shown");
      setText(notice, "");
    }, noticeMs);
  }

  #wireBar(): void {
    const sound = need(document, "#sound", HTMLButtonElement);
    sound.addEventListener("click", () => sound.setAttribute("aria-pressed", String(this.#sound.toggle())));
    this.#fire.addEventListener("click", () => {
      const input = this.#site?.fireInput ?? null;
      if (input !== null) this.#actions.board.setInput(input, this.#board?.inputs[input] !== true);
    });
    need(document, "#fire-clear", HTMLButtonElement).addEventListener("click", () =>
      this.#actions.give({ kind: "clearFire" }),
    );
    const logout = need(document, "#logout", HTMLButtonElement);
    logout.addEventListener("click", () => void leave());
    // Disabled until here: pressed while nobody listens to it, it would leave the session open.
    logout.disabled = false;
  }
}

async function leave(): Promise<void> {
  try {
    await fetch("/logout", { method: "POST", headers: { "Content-Type": "application/json" } });
  } finally {
    location.replace("/");
  }
}

// A login link opened while already logged in: its code stays unused, and out of the address bar.
if (location.hash.startsWith("#code=")) history.replaceState(null, "", "/");
new Panel();
