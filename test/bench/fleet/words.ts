// What the fleet's bench and its processes say to each other, and how they say it. Knows neither end's work.
import type { ChildProcess } from "node:child_process";
import { fork } from "node:child_process";
import { once } from "node:events";

/** Some of the fleet's controllers, in one process. */
export interface PartSpec {
  readonly folder: string;
  readonly names: readonly string[];
  readonly broker: string;
  /** Where the issuer's directory stands. */
  readonly version: number;
}

/** In step is whoever has the directory as far as `version`, and all of its record at the issuer. */
export type ToPart =
  | { readonly kind: "open"; readonly part: PartSpec }
  | { readonly kind: "await"; readonly version: number }
  | { readonly kind: "record"; readonly events: number }
  | { readonly kind: "look" }
  | { readonly kind: "usage" }
  | { readonly kind: "close" };

/** Wall-clock times; null has not come about yet. */
export interface Standing {
  readonly name: string;
  readonly openedAt: number;
  readonly connectedAt: number | null;
  readonly inStepAt: number | null;
  readonly head: number;
}

export interface Usage {
  readonly cpuMs: number;
  readonly rssBytes: number;
}

/** Messages in one second, and their bytes. */
export interface Second {
  readonly at: number;
  readonly came: number;
  readonly went: number;
}

export type ToWorker = { readonly kind: "seconds" } | { readonly kind: "usage" } | { readonly kind: "close" };

/** How many of a kind, and how many bytes. */
export type Kinds = Readonly<Record<string, { readonly count: number; readonly bytes: number }>>;

interface Asked<Said> {
  readonly n: number;
  readonly said: Said;
}

/** One child of the bench: an answer to each thing that it is told. */
export class Child<Said> {
  readonly process: ChildProcess;
  readonly #waiting = new Map<number, (reply: unknown) => void>();
  #asked = 0;

  constructor(module: URL, args: readonly string[] = []) {
    this.process = fork(module, [...args], { serialization: "advanced" });
    this.process.on("message", ({ n, reply }: { readonly n: number; readonly reply: unknown }) => {
      this.#waiting.get(n)?.(reply);
      this.#waiting.delete(n);
    });
  }

  ask<Reply>(said: Said): Promise<Reply> {
    this.#asked += 1;
    const n = this.#asked;
    return new Promise((done, failed) => {
      this.process.once("exit", () => failed(new Error("A process of the bench has ended early.")));
      this.#waiting.set(n, (reply) => {
        this.process.removeAllListeners("exit");
        done(reply as Reply);
      });
      this.process.send({ n, said } satisfies Asked<Said>);
    });
  }

  async end(said: Said): Promise<void> {
    await this.ask(said);
    const ended = once(this.process, "exit");
    this.process.disconnect();
    await ended;
  }
}

/** The child's side of it. */
export function answer<Said>(work: (said: Said) => unknown): void {
  process.on("message", async ({ n, said }: Asked<Said>) => {
    const reply = await work(said);
    process.send?.({ n, reply: reply ?? null });
  });
  process.on("disconnect", () => process.exit(0));
}

export function usage(): Usage {
  const { user, system } = process.cpuUsage();
  return { cpuMs: (user + system) / 1_000, rssBytes: process.memoryUsage.rss() };
}
