// Shows a code that was made up and asks what becomes of it: saved, another one, or none. Knows not whose it is.
import { createInterface } from "node:readline/promises";
import type { ProposedCredential } from "../domain/ask.ts";
import { askLedger, by, problemOf, sayChanged } from "./ledger-client.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { qrLines } from "./qr-picture.ts";

export interface Proposed {
  readonly proposal: string;
  readonly secret: string;
}

/** Null when it was discarded. Without a terminal to ask at, `isSure` saves the first one. */
export async function settleProposal(
  where: StateValues,
  credential: ProposedCredential,
  isSure: boolean,
): Promise<string | null> {
  if (!isSure && !process.stdin.isTTY) {
    throw new Misuse("Nobody can be asked here whether to keep the code; say --yes to keep the first one.");
  }
  for (;;) {
    const made = await propose(where, credential);
    showSecret(made.secret, credential.kind === "qrPin" || credential.holder.kind === "pass");
    const key = isSure ? "s" : await askKey();
    if (key === "s") {
      sayChanged(await askLedger(where, { kind: "saveProposed", by, proposal: made.proposal }));
      return made.secret;
    }
    await discard(where, made);
    if (key === "d") return null;
  }
}

export async function propose(where: StateValues, credential: ProposedCredential): Promise<Proposed> {
  const reply = await askLedger(where, { kind: "propose", credential });
  if (reply.kind !== "proposed") throw new Error(problemOf(reply));
  return reply;
}

export async function discard(where: StateValues, { proposal }: Proposed): Promise<void> {
  await askLedger(where, { kind: "discardProposed", proposal });
}

export function showSecret(secret: string, asQr: boolean): void {
  console.log(`\n  ${grouped(secret)}\n`);
  if (!asQr) return;
  for (const line of qrLines(secret, process.stdout.isTTY)) console.log(`  ${line}`);
  console.log("");
}

/** Leaving without an answer discards. */
async function askKey(): Promise<"s" | "a" | "d"> {
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  const left = new Promise<string>((resolve) => terminal.once("close", () => resolve("d")));
  try {
    for (;;) {
      const answer = await Promise.race([
        terminal.question("s to save it, a for another one, d to discard it: "),
        left,
      ]);
      const key = answer.trim().toLowerCase().slice(0, 1);
      if (key === "s" || key === "a" || key === "d") return key;
    }
  } finally {
    terminal.close();
  }
}

/** In threes or fours, as people read digits out. */
const grouped = (secret: string): string =>
  secret.replaceAll(secret.length === 6 ? /\d{3}(?=\d)/g : /\d{4}(?=\d)/g, "$& ");
