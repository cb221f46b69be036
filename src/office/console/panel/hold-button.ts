// A button that is down for as long as it is held, by pointer, key or assistive technology; knows no wire.

export interface HoldActions {
  set(held: boolean): void;
  /** A press without a length, from what can only click. */
  press(): void;
}

/** Shorter touches are drawn out to this, so that no contact bounce swallows them. */
const minHoldMs = 250;

export class HoldButton {
  readonly #actions: HoldActions;
  #held = false;
  #heldAt = 0;

  constructor(button: HTMLButtonElement, actions: HoldActions) {
    this.#actions = actions;
    button.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      button.setPointerCapture(event.pointerId);
      this.#hold();
    });
    for (const name of ["pointerup", "pointercancel", "lostpointercapture", "blur"] as const) {
      button.addEventListener(name, () => this.#release());
    }
    button.addEventListener("keydown", (event) => {
      if (!isPressKey(event)) return;
      event.preventDefault();
      if (!event.repeat) this.#hold();
    });
    button.addEventListener("keyup", (event) => {
      if (!isPressKey(event)) return;
      event.preventDefault();
      this.#release();
    });
    button.addEventListener("click", (event) => {
      // A click that no pointer made and no key announced.
      if (event.detail === 0 && !this.#held) actions.press();
    });
    button.addEventListener("contextmenu", (event) => event.preventDefault());
    document.addEventListener("visibilitychange", () => {
      if (document.hidden) this.#release();
    });
  }

  #hold(): void {
    if (this.#held) return;
    this.#held = true;
    this.#heldAt = performance.now();
    this.#actions.set(true);
  }

  #release(): void {
    if (!this.#held) return;
    this.#held = false;
    const restMs = Math.max(0, minHoldMs - (performance.now() - this.#heldAt));
    const letGo = (): void => {
      if (!this.#held) this.#actions.set(false);
    };
    // At once where it can be: a page that is being closed runs no more timers.
    if (restMs === 0) letGo();
    else setTimeout(letGo, restMs);
  }
}

const isPressKey = (event: KeyboardEvent): boolean => event.key === " " || event.key === "Enter";
