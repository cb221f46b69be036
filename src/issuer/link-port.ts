// What the issuer asks of a connection to the broker; knows no protocol.

export interface Arrival {
  readonly topic: string;
  readonly payload: Buffer;
  readonly retained: boolean;
  readonly correlation: Buffer | null;
}

export interface Outgoing {
  readonly retain?: boolean;
  /** After so long the broker forgets it. */
  readonly expirySeconds?: number;
  readonly responseTopic?: string;
  readonly correlation?: Buffer;
}

export interface LinkEvents {
  readonly opened: () => void;
  /** Ends when it was worked through, and never fails; only so many are read at once. */
  readonly arrived: (arrival: Arrival) => Promise<void>;
  readonly gone: (why: string) => void;
}

export interface Link {
  /** True once the broker has it. */
  publish(topic: string, payload: string, options: Outgoing): Promise<boolean>;
  /** False when the broker does not let this user. */
  subscribe(filters: readonly string[]): Promise<boolean>;
  unsubscribe(filters: readonly string[]): Promise<void>;
  /** Of messages that any worker may take, each goes to one of them. */
  readonly canShare: boolean;
  close(): Promise<void>;
}

export type OpenLink = (events: LinkEvents) => Link;
