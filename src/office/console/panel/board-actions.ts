// What a person does to the simulated wires from this page, as requests to the console; knows no element of the page.
import type { BoardCommand } from "../board-command.ts";
import type { Connection } from "./connection.ts";
import { grayOf } from "./gray-picture.ts";

const maxKeysAtOnce = 32;
/** As long as a finger rests on a button. */
const pressMs = 500;

export class BoardActions {
  readonly #connection: Connection;
  /** Pressed and not yet sent, by reader: what is pressed while a request is under way goes together. */
  readonly #keys = new Map<string, string>();

  constructor(connection: Connection) {
    this.#connection = connection;
  }

  key(reader: string, key: string): void {
    this.#keys.set(reader, (this.#keys.get(reader) ?? "") + key);
    this.#post(() => {
      const keys = (this.#keys.get(reader) ?? "").slice(0, maxKeysAtOnce);
      this.#keys.set(reader, (this.#keys.get(reader) ?? "").slice(maxKeysAtOnce));
      return keys === "" ? null : { kind: "keys", reader, keys };
    });
  }

  tap(reader: string, card: string): void {
    this.#post(() => ({ kind: "tap", reader, card }));
  }

  show(reader: string, text: string): void {
    this.#post(() => ({ kind: "text", reader, text }));
  }

  /** An image, as if it were held before the reader. */
  async showPicture(reader: string, image: Blob): Promise<void> {
    const picture = await grayOf(image);
    if (picture === null) {
      this.#connection.refuse("That is no picture that this browser knows.");
      return;
    }
    const { width, height, gray } = picture;
    this.#connection.postBytes(`/picture?reader=${reader}&width=${width}&height=${height}`, gray);
  }

  setInput(input: string, active: boolean): void {
    this.#post(() => ({ kind: "input", input, active }));
  }

  press(input: string): void {
    this.#post(() => ({ kind: "press", input, ms: pressMs }));
  }

  #post(command: () => BoardCommand | null): void {
    this.#connection.post("/board", command);
  }
}
