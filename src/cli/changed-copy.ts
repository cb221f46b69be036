// A copy in memory of a running directory, with a change applied to it by the product's own code; nothing reaches the folder.
import type { Database, Statement } from "better-sqlite3";
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { Credential, DirectoryChange, HolderRef } from "../domain/directory.ts";
import type { BootId, RunId } from "../domain/ids.ts";
import type { DirectoryView } from "../domain/past-facts.ts";
import type { SiteSpec } from "../domain/site.ts";
import type { Instant } from "../domain/time.ts";
import { monoMs, unixMs } from "../domain/time.ts";
import type { LedgerPort } from "../exchange/apply.ts";
import { applyDirectoryText } from "../exchange/apply-file.ts";
import { problemLines } from "../exchange/line-report.ts";
import { ChangeDesk } from "../ledger/change-desk.ts";
import { parseChanges } from "../ledger/change-shape.ts";
import { copyDirectory } from "../ledger/copy-ledger.ts";
import { Ledger } from "../ledger/ledger.ts";
import { PastDirectory } from "../ledger/past-directory.ts";
import { PinQueue } from "../ledger/pin-hash.ts";
import { exportPage } from "../ledger/secret-requests.ts";
import type { StatePaths } from "../ops/state-paths.ts";
import { fileTermsOf, showStaging } from "./directory-site.ts";

export interface ChangedCopy {
  readonly db: Database;
  readonly before: PastDirectory;
  readonly after: DirectoryView;
}

/** `text` is a list of changes or a `directory.json`; null changes nothing. */
export async function changedCopy(
  original: Database,
  paths: StatePaths,
  site: SiteSpec,
  text: string | null,
): Promise<ChangedCopy> {
  const now = (): Instant => ({ wall: unixMs(Date.now()), mono: monoMs(0), trusted: true });
  const { parts, hashPin } = copyDirectory(original, paths, now);
  const { db } = parts;
  const ledger = new Ledger(parts);
  ledger.open({ run: "dry-run" as RunId, boot: "dry-run" as BootId, site, at: now() });
  const before = new PastDirectory(db, ledger.directoryVersion);
  db.exec("CREATE TEMP TABLE token_before (id TEXT PRIMARY KEY, token BLOB NOT NULL) WITHOUT ROWID");
  db.exec("INSERT INTO temp.token_before SELECT id, token FROM main.credential");
  if (text !== null) {
    const desk = { instant: now, troubled: rethrow, well: () => {} };
    const changes = new ChangeDesk({ ledger, pins: new PinQueue(hashPin), desk, grew: () => {} });
    await applyText(text, site, ledger, changes);
  }
  return { db, before, after: new ChangedView(db, ledger.directoryVersion) };
}

/** A code that was given to somebody anew is not the one that was shown. */
class ChangedView extends PastDirectory {
  readonly #isOther: Statement<[string], number>;

  constructor(db: Database, version: number) {
    super(db, version);
    this.#isOther = db
      .prepare<[string], number>(
        "SELECT b.token IS NOT c.token FROM temp.token_before b JOIN main.credential c USING (id) WHERE id = ?",
      )
      .pluck();
  }

  override credentialsOf(holder: HolderRef): Credential[] {
    return super.credentialsOf(holder).filter(({ id }) => this.#isOther.get(id) !== 1);
  }
}

async function applyText(text: string, site: SiteSpec, ledger: Ledger, changes: ChangeDesk): Promise<void> {
  const list = listIn(text);
  if (list === null) {
    const outcome = await applyDirectoryText(text, fileTermsOf(site), "dry run", portTo(ledger, changes), showStaging);
    if (!outcome.ok) throw new Error(`The directory is refused:\n${problemLines(outcome.problems).join("\n")}`);
    return;
  }
  const parsed = parseChanges(list);
  const reply = parsed.ok
    ? await taken(changes, parsed.changes)
    : ({ kind: "refused", problems: parsed.problems } as const);
  if (reply.kind === "changed") return;
  if (reply.kind !== "refused") throw new Error(reply.kind === "error" ? reply.problem : "The change was not taken.");
  const lines = reply.problems.map(({ step, problem, remedy }) => `step ${step + 1}: ${problem} ${remedy}`);
  throw new Error(`The change is refused:\n${lines.join("\n")}`);
}

function listIn(text: string): unknown[] | null {
  if (!text.trimStart().startsWith("[")) return null;
  try {
    return JSON.parse(text) as unknown[];
  } catch {
    throw new Error("The list of changes is not JSON; an editor that knows it shows where it ends.");
  }
}

const taken = (changes: ChangeDesk, list: readonly DirectoryChange[]): Promise<LedgerReply> =>
  new Promise((done) => changes.take("dry run", list, done));

/** What a socket would carry to a running ledger. */
function portTo(ledger: Ledger, changes: ChangeDesk): LedgerPort {
  const owner = {};
  const answer = (request: LedgerRequest, done: (reply: LedgerReply) => void): void => {
    switch (request.kind) {
      case "export":
        done(exportPage(ledger, request.after));
        break;
      case "compare":
        changes.compare(request.secrets, done);
        break;
      case "stage":
        changes.stages.add(owner, request.changes, done);
        break;
      case "applyStaged":
        changes.stages.apply(owner, request.by, done);
        break;
      default:
        done({ kind: "error", problem: "A dry run does not answer that." });
    }
  };
  return { ask: (request) => new Promise((done) => answer(request, done)) };
}

function rethrow(error: unknown): never {
  throw error;
}
