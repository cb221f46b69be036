// The rules while no controller can start: exit buttons, fire, and administrators' cards, without a directory and a clock that
// can be trusted. Knows no file, key or wire.
import type { CardPolicy } from "./card-format.ts";
import type { CredentialId, DoorId, InputId, RelayId } from "./ids.ts";
import { isInterlocked } from "./interlock.ts";
import type { DoorSpec, ReaderSpec, SiteSpec } from "./site.ts";
import type { MonoMs } from "./time.ts";
import { later, monoMs } from "./time.ts";

/** Another layout is not read: better no card than one that is misunderstood. */
export const rescueLayout = 1;
/** Per reader: a field of cards held there one after the other finds nothing in a hurry. */
export const lookGapMs = 250;
/** Of what is kept until the record takes it. */
export const maxRescueLogBytes = 1_048_576;

/** The wires as the board's driver takes them; nothing here reads them. */
export interface RescueBoard {
  readonly kind: string;
  readonly wires: unknown;
}

/** All that rescue runs on. */
export interface RescuePlan {
  readonly layout: typeof rescueLayout;
  readonly board: RescueBoard;
  readonly doors: readonly RescueDoor[];
  readonly readers: readonly ReaderSpec[];
  readonly interlocks: readonly (readonly DoorId[])[];
  readonly fireInput: InputId | null;
  readonly longUid: CardPolicy["longUid"];
  readonly cards: readonly RescueCard[];
}

export interface RescueDoor {
  readonly id: DoorId;
  readonly relay: RelayId;
  readonly lock: DoorSpec["lock"];
  readonly contact: InputId | null;
  readonly exitButtons: readonly InputId[];
  readonly unlockMs: number;
  readonly exitHoldMs: number;
}

/** An administrator's, by its keyed token. */
export interface RescueCard {
  readonly credential: CredentialId;
  readonly token: string;
  /** Of the lowest three bytes, for readers that tell no more. */
  readonly low: string | null;
  readonly direction: "entry" | "exit" | null;
  readonly doors: readonly DoorId[];
}

/** What a card is looked up by; `low` when the reader told three bytes only. */
export interface CardTokens {
  readonly tokens: readonly string[];
  readonly low: string | null;
}

/** One opening, as it is kept until the record takes it. */
export interface RescueOpening {
  readonly door: DoorId;
  readonly by: "card" | "exit" | "fire";
  readonly credential: CredentialId | null;
}

export function rescuePlanOf(site: SiteSpec, board: RescueBoard, cards: readonly RescueCard[]): RescuePlan {
  return {
    layout: rescueLayout,
    board,
    doors: site.doors.map(({ id, relay, lock, contact, exitButtons, timing }) => {
      const { unlockMs, exitHoldMs } = timing;
      return { id, relay, lock, contact, exitButtons, unlockMs, exitHoldMs };
    }),
    readers: site.readers,
    interlocks: site.interlocks,
    fireInput: site.fireInput,
    longUid: site.cards.longUid,
    cards,
  };
}

/** Doors that a single card may open at any time: those that ever ask for two things stay shut. */
export function cardDoorsOf({ doors, features }: SiteSpec): DoorId[] {
  const isOpenToCards = ({ methods, factors }: DoorSpec) =>
    features.card && methods.includes("card") && factors.every(({ need }) => need === "any");
  return doors.filter(isOpenToCards).map(({ id }) => id);
}

/** The card that opens here, or null. */
export function cardThatOpens(
  plan: RescuePlan,
  { door, direction }: Pick<ReaderSpec, "door" | "direction">,
  shown: CardTokens,
  isDoorSecured: (door: DoorId) => boolean,
): RescueCard | null {
  const isShown = ({ token, low }: RescueCard) =>
    shown.tokens.includes(token) || (shown.low !== null && shown.low === low);
  const card = plan.cards.find(
    (one) => isShown(one) && one.doors.includes(door) && (one.direction ?? direction) === direction,
  );
  return card === undefined || isInterlocked(plan.interlocks, door, isDoorSecured) ? null : card;
}

/** Whether the reader may look again; one too early is no look, and does not put off the next. */
export const mayLook = (lastAt: MonoMs | undefined, now: MonoMs): boolean =>
  lastAt === undefined || now >= later(lastAt, lookGapMs);

export interface RescueDoorState {
  readonly openUntil: MonoMs | null;
  readonly held: readonly { readonly input: InputId; readonly since: MonoMs }[];
  /** Latched: only the controller's operator ends it. */
  readonly fire: boolean;
}

export const shutDoor: RescueDoorState = { openUntil: null, held: [], fire: false };

export const openFor = ({ unlockMs }: RescueDoor, state: RescueDoorState, now: MonoMs): RescueDoorState => {
  const until = later(now, unlockMs);
  return { ...state, openUntil: state.openUntil !== null && state.openUntil > until ? state.openUntil : until };
};

/** A button that is pressed opens at once; a broken wire counts as let go. */
export function stepExit(
  door: RescueDoor,
  state: RescueDoorState,
  { input, pressed }: { readonly input: InputId; readonly pressed: boolean },
  now: MonoMs,
): RescueDoorState {
  const others = state.held.filter((one) => one.input !== input);
  if (!pressed) return { ...state, held: others };
  if (others.length < state.held.length) return state;
  return openFor(door, { ...state, held: [...others, { input, since: now }] }, now);
}

/** A stuck button keeps no door open for ever. */
const endsOf = ({ exitHoldMs }: RescueDoor, { openUntil, held }: RescueDoorState): MonoMs[] => [
  ...(openUntil === null ? [] : [openUntil]),
  ...held.map(({ since }) => later(since, exitHoldMs)),
];

export const isOpen = (door: RescueDoor, state: RescueDoorState, now: MonoMs): boolean =>
  (state.fire && door.lock === "failSafe") || endsOf(door, state).some((end) => now < end);

/** When the door may have to be locked next; null is never. */
export function nextEnd(door: RescueDoor, state: RescueDoorState, now: MonoMs): MonoMs | null {
  const coming = endsOf(door, state).filter((end) => end > now);
  return coming.length === 0 ? null : monoMs(Math.min(...coming));
}
