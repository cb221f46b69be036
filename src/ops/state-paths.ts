// Where a controller keeps what it keeps, all below one folder that only its own user may read.
import { join } from "node:path";

export interface StatePaths {
  readonly folder: string;
  readonly database: string;
  readonly keysDir: string;
  /** Where systemd mounts credentials; null when it does not. */
  readonly credentialsDir: string | null;
  readonly ledgerSocket: string;
  readonly boardSocket: string;
  readonly controlSocket: string;
  readonly entryFile: string;
  /** Tokens and accounts of machines, hashed. */
  readonly accessFile: string;
  /** Who this controller is to its issuer, with its keys. */
  readonly identityFile: string;
  /** How far the record was acted upon. */
  readonly actionCursor: string;
  /** What brokers of Home Assistant keep of this controller. */
  readonly homeAssistantMemory: string;
  /** That somebody on site vouched for the time. */
  readonly clockFile: string;
  /** There while a fire release is in force. */
  readonly fireFile: string;
  /** What doors open by when no controller can start, and what they opened for then. */
  readonly rescueFile: string;
  readonly rescueLog: string;
}

export function statePaths(folder: string, keysFolder: string | null): StatePaths {
  return {
    folder,
    database: join(folder, "ledger.db"),
    keysDir: keysFolder ?? join(folder, "keys"),
    credentialsDir: process.env["CREDENTIALS_DIRECTORY"] ?? null,
    ledgerSocket: join(folder, "ledger.sock"),
    boardSocket: join(folder, "board.sock"),
    controlSocket: join(folder, "control.sock"),
    entryFile: join(folder, "console-code"),
    accessFile: join(folder, "http-access.json"),
    identityFile: join(keysFolder ?? join(folder, "keys"), "cloud-identity.json"),
    actionCursor: join(folder, "action-cursor.json"),
    homeAssistantMemory: join(folder, "home-assistant.json"),
    clockFile: join(folder, "clock.json"),
    fireFile: join(folder, "fire-latched"),
    rescueFile: join(folder, "rescue.json"),
    rescueLog: join(folder, "rescue.log"),
  };
}
