// The operator's buttons of one door: which orders it takes in its present mode, and what each is called. Knows no connection.
import type { DoorCommand, DoorStatus } from "../../../domain/status.ts";
import { copyOf, need, setText } from "./elements.ts";

type DoorId = DoorStatus["door"];

export interface Order {
  readonly label: string;
  readonly command: DoorCommand;
}

type Standing = DoorStatus["standing"];

/** One passage, the door's own mode, and the lockdown; null where the door's mode does not take it. */
export function ordersOf({ door, standing }: Pick<DoorStatus, "door" | "standing">): readonly (Order | null)[] {
  const isFree = standing !== "lockedDown" && standing !== "lockedOpen";
  const open: Order = { label: "Open once", command: { kind: "access", door, by: "operator" } };
  const mayOpen = isFree && standing !== "blocked" && standing !== "unlocked";
  return [mayOpen ? open : null, isFree ? lockOrder(door, standing) : null, lastOrder(door, standing)];
}

function lockOrder(door: DoorId, standing: Standing): Order {
  if (standing === "unlocked") return { label: "Lock", command: { kind: "lock", door } };
  if (standing === "blocked") return { label: "Unblock", command: { kind: "lock", door } };
  return { label: "Unlock", command: { kind: "unlock", door } };
}

function lastOrder(door: DoorId, standing: Standing): Order {
  if (standing === "lockedOpen") return { label: "Stop holding open", command: { kind: "lockOpenRelease", door } };
  if (standing === "lockedDown") return { label: "End lockdown", command: { kind: "lockDownRelease", doors: [door] } };
  return { label: "Lock down", command: { kind: "lockDown", doors: [door], forMs: null } };
}

export class DoorOrders {
  readonly #buttons: readonly HTMLButtonElement[];
  #orders: readonly (Order | null)[] = [];

  constructor(root: HTMLElement, doorName: string, give: (command: DoorCommand) => void) {
    root.setAttribute("aria-label", `Orders for ${doorName}`);
    this.#buttons = ["once", "lock", "down"].map((name, index) => {
      const button = copyOf("order") as HTMLButtonElement;
      button.dataset["order"] = name;
      button.addEventListener("click", () => {
        const order = this.#orders[index] ?? null;
        if (order !== null) give(order.command);
      });
      root.append(button);
      return button;
    });
  }

  show(status: DoorStatus | null): void {
    this.#orders = status === null ? [] : ordersOf(status);
    for (const [index, button] of this.#buttons.entries()) {
      const order = this.#orders[index] ?? null;
      // A button that is gone takes the focus along; one that is off does not.
      button.setAttribute("aria-disabled", String(order === null));
      if (order !== null) setText(need(button, ".label", HTMLElement), order.label);
    }
  }
}
