// What a controller is started with, and what its starter holds of it.
import type { EntryCode } from "./entry-code.ts";

export interface RunOptions {
  /** Null runs the simulated site that ships with Postern, with its sample people. */
  readonly configPath: string | null;
  readonly stateDir: string;
  readonly keysDir: string | null;
  readonly tracePath: string | null;
  /** Shows the console's one-time code to a person; never to a log. */
  readonly showEntry: (entry: EntryCode, address: string, file: string) => void;
}

export interface Controller {
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}
