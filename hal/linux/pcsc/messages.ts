// What the process that talks to pcscd and the one that it works for say to each other. No key and no card's key passes here.
import type { PcscDriver, PcscWiring } from "../../card-profile.ts";
import type { UnreadProblem } from "./exchange.ts";

export interface PcscStart {
  readonly driver: PcscDriver;
  readonly readers: readonly PcscWiring[];
  /** Where the profiles' keys lie, one file each. */
  readonly keysDir: string;
}

export type ToPcsc = ({ readonly kind: "start" } & PcscStart) | { readonly kind: "ping"; readonly n: number };

export type FromPcsc =
  | { readonly kind: "pong"; readonly n: number }
  | { readonly kind: "there"; readonly reader: string }
  | { readonly kind: "gone"; readonly reader: string; readonly why: string }
  | { readonly kind: "card"; readonly reader: string; readonly bytes: string; readonly proven: boolean }
  | { readonly kind: "unread"; readonly reader: string; readonly problem: UnreadProblem }
  /** Null: all is well with its keys. */
  | { readonly kind: "keys"; readonly reader: string; readonly why: string | null };
