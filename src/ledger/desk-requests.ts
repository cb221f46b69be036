// Answers what operators ask for beside plain changes: codes made up for somebody, cards offered at a door, forgiveness.
import type { LedgerReply, LedgerRequest } from "../domain/ask.ts";
import type { HolderRef } from "../domain/directory.ts";
import type { ChangeDesk } from "./change-desk.ts";
import type { Desk } from "./desk.ts";
import { forgiveWhereabouts } from "./forgiving.ts";
import type { Ledger } from "./ledger.ts";

export interface DeskRequestParts {
  readonly ledger: Ledger;
  readonly desk: Pick<Desk, "instant" | "troubled" | "well">;
  readonly changes: ChangeDesk;
  /** Events were appended. */
  readonly grew: (seq: number) => void;
}

export type DeskRequest = Extract<
  LedgerRequest,
  { kind: "propose" | "saveProposed" | "discardProposed" | "offers" | "takeOffer" | "forgive" }
>;

type Done = (reply: LedgerReply) => void;

export function answerDeskRequest(request: DeskRequest, parts: DeskRequestParts, done: Done): void {
  const { ledger, desk, changes } = parts;
  const { proposals } = changes;
  switch (request.kind) {
    case "propose":
      proposals.propose(request.credential, done);
      return;
    case "saveProposed":
      saveProposed(request, changes, done);
      return;
    case "discardProposed":
      done(proposals.discard(request.proposal) ? { kind: "discarded" } : noProposal);
      return;
    case "offers":
      done({ kind: "offers", offers: ledger.offers.list(desk.instant().wall) });
      return;
    case "takeOffer":
      takeOffer(request, parts, done);
      return;
    case "forgive":
      done(forgive(request, parts));
  }
}

function saveProposed({ by, proposal }: Extract<DeskRequest, { kind: "saveProposed" }>, desk: ChangeDesk, done: Done) {
  const change = desk.proposals.changeOf(proposal);
  if (change === null) {
    done(noProposal);
    return;
  }
  desk.take(by, [change], (reply) => {
    if (reply.kind === "changed") desk.proposals.discard(proposal);
    done(reply);
  });
}

function takeOffer(request: Extract<DeskRequest, { kind: "takeOffer" }>, parts: DeskRequestParts, done: Done): void {
  const { by, offer, holder } = request;
  const { ledger, desk, changes } = parts;
  const now = desk.instant().wall;
  if (!ledger.offers.has(offer, now)) done(noOffer);
  else if (holder === null) done(trying(parts, () => ledger.offers.remove(offer), { kind: "discarded" }));
  else giveOffer(by, offer, holder, now, { ledger, changes }, done);
}

function giveOffer(
  by: string,
  offer: string,
  holder: HolderRef,
  nowWall: number,
  { ledger, changes }: Pick<DeskRequestParts, "ledger" | "changes">,
  done: Done,
): void {
  const change = ledger.offers.giving(offer, holder, nowWall);
  if (change === null) done(noOffer);
  else changes.take(by, [change], done, { also: () => ledger.offers.remove(offer) });
}

function forgive({ by, holder }: Extract<DeskRequest, { kind: "forgive" }>, parts: DeskRequestParts): LedgerReply {
  const { ledger, desk, grew } = parts;
  let count = 0;
  const reply = trying(parts, () => {
    count = forgiveWhereabouts(ledger, holder, by, desk.instant());
    grew(ledger.headSeq);
  });
  return reply ?? { kind: "forgiven", count };
}

/** What the database throws becomes a sentence. */
function trying(parts: DeskRequestParts, work: () => void): LedgerReply | null;
function trying(parts: DeskRequestParts, work: () => void, reply: LedgerReply): LedgerReply;
function trying({ desk }: DeskRequestParts, work: () => void, reply: LedgerReply | null = null): LedgerReply | null {
  try {
    work();
    desk.well();
    return reply;
  } catch (error) {
    desk.troubled(error);
    return { kind: "error", problem: "The database did not take it; see the health of the ledger." };
  }
}

const noProposal: LedgerReply = {
  kind: "error",
  problem: "There is no such proposal: it was saved or discarded, or 15 minutes have passed.",
};

const noOffer: LedgerReply = {
  kind: "error",
  problem: "There is no such card: it was given to somebody or refused, or a day has passed.",
};
