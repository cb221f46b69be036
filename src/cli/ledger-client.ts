// Asks the running ledger, the directory's only writer, on behalf of an operator at the command line.
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { DirectoryChange, Holder, HolderKind, HolderRef } from "../domain/directory.ts";
import { holderKinds } from "../domain/directory.ts";
import type { DirectoryPage, ExportedHolder, HolderKey } from "../domain/directory-export.ts";
import { askSocket } from "../ops/line-client.ts";
import { Misuse } from "./misuse.ts";
import type { StateValues } from "./options.ts";
import { pathsOf } from "./options.ts";

const patienceMs = 30_000;
/** As the record calls whoever sits here. */
export const by = "command line";

export const askLedger = (where: StateValues, request: LedgerRequest): Promise<LedgerReply> =>
  askSocket<LedgerReply>(pathsOf(where).ledgerSocket, request, patienceMs);

/** What was taken and deserves a second look goes to standard error: it is no part of the answer. */
export async function changeDirectory(where: StateValues, changes: readonly DirectoryChange[]): Promise<void> {
  sayChanged(await askLedger(where, { kind: "change", by, changes }));
}

export function sayChanged(reply: LedgerReply): void {
  if (reply.kind !== "changed") throw new Error(problemOf(reply));
  for (const { warning } of reply.warnings ?? []) console.error(`Note: ${warning}`);
}

export function problemOf(reply: LedgerReply): string {
  // One command makes one thing: what is refused first makes the rest fail.
  if (reply.kind === "refused")
    return reply.problems
      .slice(0, 1)
      .map((one) => `${one.problem} ${one.remedy}`)
      .join("");
  return reply.kind === "error" ? reply.problem : `The ledger answered "${reply.kind}".`;
}

async function pageAfter(where: StateValues, after: HolderKey | null): Promise<DirectoryPage> {
  const reply = await askLedger(where, { kind: "export", after });
  if (reply.kind !== "exported") throw new Error(problemOf(reply));
  return reply.page;
}

/** Schedules and holidays come with the first page. */
export const calendarOf = (where: StateValues): Promise<Pick<DirectoryPage, "schedules" | "holidays">> =>
  pageAfter(where, null);

/** All of one kind, in the order of their ids. */
export async function holdersOf<Kind extends HolderKind>(where: StateValues, kind: Kind): Promise<Listed<Kind>[]> {
  const found: Listed<Kind>[] = [];
  let after: HolderKey | null = { kind, id: "" };
  while (after !== null) {
    const page: DirectoryPage = await pageAfter(where, after);
    found.push(...page.holders.filter((one): one is Listed<Kind> => one.holder.kind === kind));
    after = page.next?.kind === kind ? page.next : null;
  }
  return found;
}

/** And every pass and public code. */
export async function everybody(where: StateValues): Promise<ExportedHolder[]> {
  const found: ExportedHolder[] = [];
  let after: HolderKey | null = null;
  do {
    const page: DirectoryPage = await pageAfter(where, after);
    found.push(...page.holders);
    after = page.next;
  } while (after !== null);
  return found;
}

export type Listed<Kind extends HolderKind> = ExportedHolder & { readonly holder: Extract<Holder, { kind: Kind }> };

/** By id; `pass:ID` and `person:ID` tell the two apart where both have it. */
export async function findHolder(where: StateValues, word: string): Promise<ExportedHolder> {
  const { kinds, id } = kindsOf(word);
  const found: ExportedHolder[] = [];
  for (const kind of kinds) found.push(...(await holdersOf(where, kind)).filter(({ holder }) => holder.id === id));
  const [first, second] = found;
  if (first === undefined) throw new Error(`There is nobody with the id "${id}"; see \`postern people list\`.`);
  if (second !== undefined) {
    throw new Misuse(`Both a person and a pass are called "${id}"; write "person:${id}" or "pass:${id}".`);
  }
  return first;
}

function kindsOf(word: string): { readonly kinds: readonly HolderKind[]; readonly id: string } {
  const kind = holderKinds.find((one) => word.startsWith(`${one}:`));
  return kind === undefined ? { kinds: holderKinds, id: word } : { kinds: [kind], id: word.slice(kind.length + 1) };
}

export const refOf = ({ kind, id }: { readonly kind: HolderRef["kind"]; readonly id: string }): HolderRef =>
  ({ kind, id }) as HolderRef;
