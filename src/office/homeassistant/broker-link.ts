// Keeps a connection to a broker: reads its secrets anew for each, and comes back after a while that nobody can foresee.
import { readFileSync, statSync } from "node:fs";
import type { HomeAssistantSpec } from "../../domain/home-assistant.ts";
import { Backoff } from "../backoff.ts";
import type { BrokerAccess } from "./broker-session.ts";
import { BrokerSession } from "./broker-session.ts";
import type { Arrival } from "./read-order.ts";

export type BrokerPlace = Pick<HomeAssistantSpec, "broker" | "caFile" | "username" | "passwordFile">;

export interface BrokerLinkParts extends Pick<BrokerAccess, "clientId" | "will"> {
  readonly place: BrokerPlace;
  readonly mono: () => number;
  /** False when the disk does not take a note of what the broker will keep. */
  readonly prepare: () => boolean;
  readonly opened: (session: BrokerSession) => void;
  readonly arrived: (arrival: Arrival, session: BrokerSession) => void;
  readonly gone: (why: string) => void;
}

const lastCeilingMs = 60_000;
const maxFileBytes = 1_048_576;

export class BrokerLink {
  readonly #parts: BrokerLinkParts;
  #session: BrokerSession | null = null;
  #retry: NodeJS.Timeout | null = null;
  readonly #backoff = new Backoff(Math.random, lastCeilingMs);
  #openedAt: number | null = null;
  #closed = false;

  constructor(parts: BrokerLinkParts) {
    this.#parts = parts;
    this.#connect();
  }

  close(): void {
    this.#closed = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#session?.end(null);
  }

  #connect(): void {
    const { place, clientId, will, mono, prepare, opened, arrived } = this.#parts;
    this.#openedAt = null;
    const secrets = prepare() ? readSecrets(place) : notKept;
    if (!secrets.ok) {
      this.#lost(secrets.problem, false);
      return;
    }
    const { ca, password } = secrets;
    const access = { broker: place.broker, username: place.username, clientId, will, ca, password };
    const events = {
      opened: () => {
        this.#openedAt = mono();
        opened(session);
      },
      arrived: (arrival: Arrival) => arrived(arrival, session),
      closed: (why: string, wasTakenOver: boolean) => this.#lost(why, wasTakenOver),
    };
    const session = new BrokerSession(access, events, mono);
    this.#session = session;
  }

  #lost(why: string, wasTakenOver: boolean): void {
    this.#session = null;
    if (this.#closed) return;
    const livedMs = this.#openedAt === null ? 0 : this.#parts.mono() - this.#openedAt;
    this.#retry = setTimeout(() => this.#connect(), this.#backoff.after(livedMs, wasTakenOver));
    this.#parts.gone(why);
  }
}

type Secrets =
  | { readonly ok: true; readonly ca: string | null; readonly password: string | null }
  | { readonly ok: false; readonly problem: string };

const notKept: Secrets = { ok: false, problem: "The disk does not take the note of what the broker will keep." };

function readSecrets({ caFile, passwordFile }: BrokerPlace): Secrets {
  try {
    const ca = caFile === null ? null : readSmall(caFile);
    if (passwordFile === null) return { ok: true, ca, password: null };
    if ((statSync(passwordFile).mode & 0o007) !== 0) {
      return { ok: false, problem: `Others can read ${passwordFile}; set its mode to 0600.` };
    }
    return { ok: true, ca, password: readSmall(passwordFile).trim() };
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    return { ok: false, problem: `${path ?? "A file for the broker"} cannot be read (${code ?? "too large"}).` };
  }
}

function readSmall(path: string): string {
  if (statSync(path).size > maxFileBytes) throw Object.assign(new Error("too large"), { path });
  return readFileSync(path, "utf8");
}
