// Enrolment at the door: after an administrator's card, the next unknown one at the same reader waits for its owner to be
// named. It opens nothing until then. Knows no journal and no process.
import type { Database, Statement } from "better-sqlite3";
import type { Ask, CardOffer, Verdict } from "../domain/ask.ts";
import type { CardPolicy, KnownPart } from "../domain/card-format.ts";
import { formatOf, formatPartly } from "../domain/card-format.ts";
import type { DirectoryChange, HolderRef } from "../domain/directory.ts";
import type { AccessEvent } from "../domain/events.ts";
import type { CredentialId, PersonId, ReaderId } from "../domain/ids.ts";
import type { CardCode, Presentation } from "../domain/presentation.ts";
import type { Instant, MonoMs } from "../domain/time.ts";
import type { RandomBytes } from "./keys.ts";
import { Overlay } from "./overlay.ts";
import type { Tokens } from "./tokens.ts";

/** How long after the administrator's card the other one may come. */
const enrolMs = 20_000;
const offerLifeMs = 24 * 3_600_000;
/** The oldest makes room. */
const maxOffers = 16;
const offerNameBytes = 4;
const hintLength = 2;

interface Begun {
  readonly by: PersonId;
  readonly at: MonoMs;
}

interface OfferRow extends CardOffer {
  readonly sealed: Buffer;
}

type Card = Extract<Presentation, { method: "card" }>;
type Append = (event: Extract<AccessEvent, { type: "card.offered" }>) => void;

export class CardOffers {
  readonly #begun = new Map<ReaderId, Begun | null>();
  readonly #tokens: Tokens;
  readonly #random: RandomBytes;
  readonly #all: Statement<[number], OfferRow>;
  readonly #find: Statement<[string, number], OfferRow>;
  readonly #put: Statement<unknown[]>;
  readonly #trim: Statement<[number]>;
  readonly #remove: Statement<[string]>;
  readonly #hasCredential: Statement<[string], number>;

  constructor(db: Database, tokens: Tokens, random: RandomBytes) {
    this.#tokens = tokens;
    this.#random = random;
    const columns = "offer, hint, reader, by, at, sealed";
    this.#all = db.prepare(`SELECT ${columns} FROM card_offer WHERE at > ? ORDER BY at, offer`);
    this.#find = db.prepare(`SELECT ${columns} FROM card_offer WHERE offer = ? AND at > ?`);
    this.#put = db.prepare("INSERT OR REPLACE INTO card_offer VALUES (?, ?, ?, ?, ?, ?, ?)");
    this.#trim = db.prepare(
      `DELETE FROM card_offer WHERE at <= ? OR offer NOT IN
         (SELECT offer FROM card_offer ORDER BY at DESC, offer LIMIT ${maxOffers})`,
    );
    this.#remove = db.prepare("DELETE FROM card_offer WHERE offer = ?");
    this.#hasCredential = db.prepare<[string], number>("SELECT 1 FROM credential WHERE id = ?").pluck();
  }

  /** What is learned in one transaction counts once it is committed. */
  watch(cards: CardPolicy): OfferWatch {
    return new OfferWatch(this.#begun, (card, ask, by, at) => this.#keep(card, ask, by, at, cards));
  }

  list(nowWall: number): CardOffer[] {
    return this.#all.all(nowWall - offerLifeMs).map(({ sealed: _, ...offer }) => offer);
  }

  /** The change that gives it to somebody; null when there is no such offer any more. */
  giving(offer: string, holder: HolderRef, nowWall: number): DirectoryChange | null {
    const row = this.#find.get(offer, nowWall - offerLifeMs);
    if (row === undefined) return null;
    const [secret = "", known] = this.#tokens.unseal(row.sealed, row.offer).split(" ");
    const id = this.#freeId(holder.id);
    return {
      op: "putCredential",
      id,
      kind: "card",
      secret,
      holder,
      ...(known === undefined ? {} : { known: known as KnownPart }),
    };
  }

  has(offer: string, nowWall: number): boolean {
    return this.#find.get(offer, nowWall - offerLifeMs) !== undefined;
  }

  remove(offer: string): void {
    this.#remove.run(offer);
  }

  #freeId(holder: string): CredentialId {
    let n = 1;
    while (this.#hasCredential.get(`${holder}-card-${n}`) !== undefined) n += 1;
    return `${holder}-card-${n}` as CredentialId;
  }

  #keep({ code, short }: Card, { reader }: Ask, by: PersonId, at: Instant, cards: CardPolicy): string {
    const known: KnownPart | null = short === true ? "low" : null;
    const offer = `card-${this.#random(offerNameBytes).toString("hex")}`;
    const text = known === null ? code : `${code} ${known}`;
    const hint = hintOf(code, known, cards);
    const wall = Math.round(at.wall);
    this.#put.run(offer, this.#tokens.card(text), this.#tokens.seal(text, offer), hint, reader, by, wall);
    this.#trim.run(wall - offerLifeMs);
    return offer;
  }
}

/** The end of the number, as it stands on the card. */
function hintOf(code: CardCode, known: KnownPart | null, cards: CardPolicy): string {
  const shown = formatPartly(code, known, formatOf(cards, null));
  return (shown.split("/")[0] ?? "").slice(-hintLength);
}

type Keep = (card: Card, ask: Ask, by: PersonId, at: Instant) => string;

export class OfferWatch {
  readonly #begun: Overlay<ReaderId, Begun | null>;
  readonly #keep: Keep;

  constructor(begun: Map<ReaderId, Begun | null>, keep: Keep) {
    this.#begun = new Overlay(begun);
    this.#keep = keep;
  }

  follow(ask: Ask, verdict: Verdict, now: Instant, append: Append): void {
    const { presentation, reader } = ask;
    if (presentation.method !== "card") return;
    if (verdict.granted) {
      const by = verdict.administrator;
      if (by !== null) this.#begun.set(reader, { by: by as PersonId, at: now.mono });
      return;
    }
    if ("more" in verdict || verdict.reason !== "unknownCredential") return;
    const begun = this.#begun.get(reader) ?? null;
    this.#begun.set(reader, null);
    if (begun === null || now.mono - begun.at > enrolMs) return;
    const offer = this.#keep(presentation, ask, begun.by, now);
    append({ type: "card.offered", offer, reader, by: begun.by });
  }

  accept(): void {
    this.#begun.accept();
  }
}
