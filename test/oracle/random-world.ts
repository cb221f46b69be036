// Random scripts of a site's life for the oracle: who is put into the directory, and what is shown at its doors when.
import type { Ask } from "../../src/domain/ask.ts";
import type { DirectoryChange, HolderRef } from "../../src/domain/directory.ts";
import type { JournalEvent } from "../../src/domain/events.ts";
import type { AskId, CredentialId, DoorId, HolidayId, PersonId, ReaderId, ScheduleId } from "../../src/domain/ids.ts";
import type { CardCode, Presentation } from "../../src/domain/presentation.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { type Instant, monoMs, unixMs } from "../../src/domain/time.ts";
import { Dice } from "./dice.ts";
import {
  apartments,
  holderKindsOf,
  hourMs,
  instantsIn,
  passIds,
  peopleIds,
  publics,
  putGrant,
  putSecret,
  randomCode,
  randomHoliday,
  randomPass,
  randomPerson,
  randomSchedule,
  randomSecret,
  type Secret,
} from "./random-directory.ts";
import { randomBeginning, randomPause, randomSituation } from "./random-moment.ts";
import { doorIds, randomCodes, randomSite, scheduleIds } from "./random-site.ts";
import type { Step, World } from "./world.ts";

export const randomWorld = (seed: number, shows: number): World => new WorldMaker(seed).make(shows);

class WorldMaker {
  readonly #seed: number;
  readonly #dice: Dice;
  #site: SiteSpec;
  readonly #begunWith: SiteSpec;
  readonly #script: Step[] = [];
  /** Of the passes that have one. */
  readonly #hosts = new Map<string, PersonId>();
  /** When something begins or ends. */
  #instants: number[] = [];
  #secrets: Secret[] = [];
  #grants: { readonly holder: HolderRef; readonly door: DoorId }[] = [];
  readonly #pace: number;
  #wall: number;
  #mono = 10_000;
  #trusted = true;
  #asks = 0;
  #ids = 0;
  #version = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#dice = new Dice(seed);
    this.#site = randomSite(this.#dice);
    this.#begunWith = this.#site;
    this.#wall = randomBeginning(this.#dice);
    this.#pace = this.#dice.pick([0.1, 0.3, 1]);
  }

  make(shows: number): World {
    this.#fill();
    while (this.#asks < shows) {
      this.#pass();
      if (this.#dice.chance(6)) this.#change();
      this.#present();
      if (this.#dice.chance(40)) this.#afterwards();
      if (this.#dice.chance(0.4)) this.#restart();
    }
    return { seed: this.#seed, site: this.#begunWith, script: this.#script };
  }

  get #at() {
    return { wall: this.#wall, site: this.#site };
  }

  #fill(): void {
    const dice = this.#dice;
    for (const id of scheduleIds) this.#put({ op: "putSchedule", schedule: randomSchedule(dice, id, this.#at) });
    for (const index of dice.some([0, 1, 2, 3], 50)) {
      this.#put({ op: "putHoliday", holiday: randomHoliday(dice, index, this.#at) });
    }
    for (const id of peopleIds) this.#put({ op: "putPerson", person: randomPerson(dice, id, this.#at) });
    for (const id of passIds) this.#putPass(id);
    for (const id of publics)
      this.#put({
        op: "putPublic",
        public: { kind: "public", id, name: id, state: dice.chance(5) ? "suspended" : "active" },
      });
    for (const holder of this.#holders()) this.#equip(holder);
  }

  #holders(): HolderRef[] {
    return [
      ...peopleIds.map((id): HolderRef => ({ kind: "person", id })),
      ...passIds.map((id): HolderRef => ({ kind: "pass", id })),
      ...publics.map((id): HolderRef => ({ kind: "public", id })),
    ];
  }

  #equip(holder: HolderRef): void {
    const dice = this.#dice;
    for (const kind of holderKindsOf[holder.kind]) if (dice.chance(60)) this.#putSecret(holder, kind);
    for (const door of dice.some(doorIds, 55)) this.#grant(holder, door);
  }

  #putSecret(holder: HolderRef, kind: Secret["kind"]): void {
    this.#ids += 1;
    const isUsual = holder.kind === "public" && this.#dice.chance(80);
    const secret = isUsual
      ? this.#dice.digits(this.#site.codes.publicLength)
      : randomSecret(this.#dice, kind, this.#site);
    const mayBePart = (kind === "card" || kind === "bkey") && /^[0-9A-F]{8}$/.test(secret) && this.#dice.chance(20);
    const known = mayBePart ? this.#dice.pick(["low", "low", "high"] as const) : null;
    const made = { id: `c${this.#ids}` as CredentialId, kind, secret, holder, known };
    this.#secrets.push(made);
    this.#put(putSecret(this.#dice, made, this.#at));
  }

  #grant(holder: HolderRef, door: DoorId): void {
    const host = holder.kind === "pass" ? this.#hosts.get(holder.id) : undefined;
    if (host !== undefined && this.#dice.chance(85)) {
      this.#put({ op: "putGrant", holder: { kind: "person", id: host }, door, schedule: "always" as ScheduleId });
    }
    this.#grants.push({ holder, door });
    this.#put(putGrant(this.#dice, holder, door));
  }

  #putPass(id: (typeof passIds)[number], version = ++this.#version): void {
    const pass = randomPass(this.#dice, id, this.#at, version);
    if (pass.host !== undefined && pass.host !== null) this.#hosts.set(id, pass.host);
    else this.#hosts.delete(id);
    this.#put({ op: "putPass", pass });
  }

  #put(change: DirectoryChange): void {
    this.#instants.push(...instantsIn(change));
    this.#script.push({ do: "change", change });
  }

  #change(): void {
    const dice = this.#dice;
    const holder = dice.pick(this.#holders());
    const secret = dice.pick(this.#secrets);
    const { id } = secret;
    const kind = dice.between(0, 13);
    if (kind <= 3) this.#putPass(dice.pick(passIds));
    else if (kind === 4) this.#putPass(dice.pick(passIds), dice.between(0, this.#version));
    else if (kind === 5) this.#put({ op: "putPerson", person: randomPerson(dice, dice.pick(peopleIds), this.#at) });
    else if (kind === 6) this.#put({ op: "setCredentialState", id, state: dice.pick(["suspended", "lost", "stolen"]) });
    else if (kind === 7 || kind === 13) this.#put({ op: "setCredentialState", id, state: "active" });
    else if (kind === 8) this.#put(putSecret(dice, secret, this.#at));
    else if (kind === 9) this.#grant(holder, dice.pick(doorIds));
    else if (kind === 10)
      this.#put({ op: "putSchedule", schedule: randomSchedule(dice, dice.pick(scheduleIds), this.#at) });
    else if (kind === 11)
      this.#put({
        op: "activatePass",
        id: dice.pick(passIds),
        at: unixMs(this.#wall - dice.between(-30, 120) * 60_000),
      });
    else this.#rare(holder);
  }

  #rare(holder: HolderRef): void {
    const dice = this.#dice;
    const holiday = randomHoliday(dice, dice.between(0, 3), this.#at);
    const kind = dice.between(0, 3);
    if (kind === 0) this.#put({ op: "putHoliday", holiday });
    else if (kind === 1) this.#put({ op: "removeHoliday", id: `h${dice.between(0, 3)}` as HolidayId });
    else if (kind === 2) this.#put({ op: "removeCredential", id: dice.pick(this.#secrets).id });
    else this.#replace(holder);
  }

  /** Gone, with all that hung on it, and back as somebody else. */
  #replace(holder: HolderRef): void {
    if (holder.kind === "public") return;
    this.#put({ op: "removeHolder", holder });
    if (this.#dice.chance(90)) {
      this.#secrets = this.#secrets.filter((secret) => secret.holder.id !== holder.id);
      this.#grants = this.#grants.filter((grant) => grant.holder.id !== holder.id);
    }
    if (this.#dice.chance(20)) return;
    if (holder.kind === "person") {
      this.#put({ op: "putPerson", person: randomPerson(this.#dice, holder.id, this.#at) });
    } else this.#putPass(holder.id);
    this.#equip(holder);
  }

  #pass(): void {
    const dice = this.#dice;
    const ms = randomPause(dice);
    const passed = Math.round(ms * (ms > 9_000 ? this.#pace : 1));
    this.#wait(this.#dice.chance(3) ? this.#untilNextInstant() : passed);
    if (dice.chance(this.#trusted ? 0.2 : 8)) this.#trusted = !this.#trusted;
    if (dice.chance(0.1)) this.#wall += dice.between(-20, 60) * 60_000;
  }

  #restart(): void {
    const enabled = !this.#dice.chance(this.#site.passes.enabled ? 2.5 : 80);
    const passes = { ...this.#site.passes, enabled };
    this.#site = { ...this.#site, passes, codes: randomCodes(this.#dice) };
    this.#script.push({ do: "restart", site: this.#site });
  }

  get #now(): Instant {
    return { wall: unixMs(this.#wall), mono: monoMs(this.#mono), trusted: this.#trusted };
  }

  /** What became of it at the door, a moment later. */
  #afterwards(): void {
    const last = this.#script.at(-1);
    if (last?.do !== "show") return;
    const dice = this.#dice;
    this.#wait(dice.between(1, 1_500));
    const { id, door } = last.ask;
    const at = this.#now;
    const what = dice.draw<JournalEvent | "abort">([
      [80, { type: "access.taken", ask: id, door }],
      [8, { type: "access.notTaken", ask: id, door }],
      [0.3, { type: "fire.cleared", who: "tester" }],
      [10, "abort"],
    ]);
    if (what === "abort") this.#script.push({ do: "abort", ask: id, door, at });
    else this.#script.push({ do: "record", what, at });
  }

  #present(): void {
    const dice = this.#dice;
    const what = dice.draw([
      [75, "plausible"],
      [20, "resident"],
      [22, "pair"],
      [1.8, "tried"],
      [2.5, "mistyped"],
      [3, "garbage"],
    ] as const);
    const { holder, door } = what === "resident" ? this.#residentsGrant() : this.#someGrant();
    const anywhere = dice.chance(3) ? dice.pick(doorIds) : door;
    const secret = this.#secretOf(holder);
    if (what === "garbage") this.#garbage();
    else if (what === "tried") this.#tryOut();
    else if (what === "pair") this.#pair(holder, this.#strictDoorOf(holder) ?? anywhere);
    if (secret === null || what === "garbage" || what === "pair" || what === "tried") return;
    if (what === "mistyped" && !this.#isShownAsText(secret)) this.#mistype(secret, anywhere);
    this.#showSecret(secret, anywhere);
  }

  /** Doors that ask for two things are not gone to as often. */
  #someGrant() {
    const grant = this.#dice.pick(this.#grants);
    return doorIds.indexOf(grant.door) < 2 && this.#dice.chance(60) ? this.#dice.pick(this.#grants) : grant;
  }

  #residentsGrant() {
    const usual = this.#grants.filter(({ holder, door }) => holder.kind === "person" && doorIds.indexOf(door) >= 2);
    return usual.length === 0 ? this.#someGrant() : this.#dice.pick(usual);
  }

  /** Only the first two doors ask for two things by themselves. */
  #strictDoorOf(holder: HolderRef): DoorId | null {
    const strict = this.#grants.filter((grant) => grant.holder.id === holder.id && doorIds.indexOf(grant.door) < 2);
    return strict.length === 0 || this.#dice.chance(40) ? null : this.#dice.pick(strict).door;
  }

  #isShownAsText({ kind }: Secret): boolean {
    return kind !== "pin" && kind !== "code";
  }

  #secretOf(holder: HolderRef, kinds?: readonly string[]): Secret | null {
    const own = this.#secrets.filter(
      (secret) => secret.holder.id === holder.id && (kinds === undefined || kinds.includes(secret.kind)),
    );
    return own.length === 0 ? null : this.#dice.pick(own);
  }

  /** What two factors or two people would show, most of the time. */
  #pair(holder: HolderRef, door: DoorId): void {
    const dice = this.#dice;
    const need = this.#site.doors.find(({ id }) => id === door)?.factors[0]?.need;
    const asksQr = need === "qrAndCode" || (need !== "cardAndPin" && dice.chance(50));
    const kinds = asksQr ? ([["qr", "qrPin"], ["code"]] as const) : ([["card", "bkey"], ["pin"]] as const);
    const first = this.#secretOf(holder, kinds[0]);
    const other = dice.chance(35) ? dice.pick(this.#grants).holder : holder;
    const second = dice.chance(15) ? this.#secretOf(other) : this.#secretOf(other, kinds[1]);
    if (first !== null) this.#showSecret(first, door);
    this.#wait(dice.chance(90) ? dice.between(0, 6_000) : dice.between(1_000, 70_000));
    if (second === null) return;
    if (second.kind === "pin" && dice.chance(60)) this.#typeAround(second, door);
    else this.#showSecret(second, door);
  }

  /** Digits before and after the PIN, now and then more than are passed over, or with a slip in the midst. */
  #typeAround({ secret, ...rest }: Secret, door: DoorId): void {
    const dice = this.#dice;
    const twin = dice.chance(15) ? secret.slice(0, -1) + ((Number(secret.slice(-1)) + 5) % 10) : secret;
    const slip = dice.chance(20) ? dice.between(0, secret.length - 1) : secret.length;
    const meant = twin.slice(0, slip) + (slip < secret.length ? dice.digits(1) : "") + twin.slice(slip);
    const padding = dice.pick([1, 2, 3, 4, 4, 4, 5]);
    const before = dice.digits(dice.between(0, padding));
    const after = dice.digits(padding - before.length);
    this.#show(this.#typed(before + meant + after, { secret, ...rest }, door), door, "in");
  }

  /** A finder of a card tries PINs, and then its owner comes. */
  #tryOut(): void {
    const asking = this.#site.doors.filter(({ factors }) => factors.some(({ need }) => need === "cardAndPin"));
    const grants = this.#grants.filter(({ door }) => asking.some(({ id }) => id === door));
    const { holder, door } = grants.length === 0 ? this.#someGrant() : this.#dice.pick(grants);
    const card = this.#secretOf(holder, ["card", "bkey"]);
    if (card === null) return;
    for (let tries = this.#dice.between(1, 4); tries > 0; tries -= 1) {
      this.#showSecret(card, door);
      this.#wait(this.#dice.between(500, 4_000));
      const guess = this.#dice.chance(30) ? this.#dice.digits(this.#dice.between(7, 12)) : randomCode(this.#dice, 4);
      this.#show(this.#typed(guess, card, door), door, "in");
      this.#wait(this.#dice.between(500, 60_000));
    }
    const own = this.#secretOf(holder);
    if (own !== null) this.#showSecret(own, this.#someGrant().door);
  }

  /** To the very millisecond, or the one before. */
  #untilNextInstant(): number {
    this.#instants = this.#instants.filter((at) => at > this.#wall + 1);
    const next = Math.min(...this.#instants);
    return next - this.#wall > 6 * hourMs ? 0 : next - this.#wall - this.#dice.pick([0, 0, 1]);
  }

  #wait(ms: number): void {
    this.#mono += ms;
    this.#wall += ms;
  }

  #mistype(secret: Secret, door: DoorId): void {
    const at = this.#dice.between(0, secret.secret.length - 1);
    const wrong = secret.secret.slice(0, at) + this.#dice.between(0, 9) + secret.secret.slice(at + 1);
    this.#show(this.#typed(wrong, secret, door), door, "in");
    this.#wait(this.#dice.between(500, 70_000));
  }

  #typed(digits: string | null, secret: Secret | null, door: DoorId): Presentation {
    const asks = this.#site.doors.find(({ id }) => id === door)?.keypadMode === "apartmentPin";
    if (!asks) return { method: "pin", digits };
    const person = this.#script.findLast(
      (step) => step.do === "change" && step.change.op === "putPerson" && step.change.person.id === secret?.holder.id,
    );
    const own =
      person?.do === "change" && person.change.op === "putPerson" ? (person.change.person.apartment ?? "") : "";
    return { method: "pin", digits, apartment: this.#dice.chance(90) ? own : this.#dice.pick([...apartments, ""]) };
  }

  #showSecret(secret: Secret, door: DoorId): void {
    const { shown, side } = this.#showingOf(secret, door);
    this.#show(shown, door, side);
  }

  #showingOf(secret: Secret, door: DoorId): { readonly shown: Presentation; readonly side: string } {
    const dice = this.#dice;
    const text = secret.secret;
    const side = dice.chance(85) ? "in" : "out";
    switch (secret.kind) {
      case "pin":
      case "code": {
        const twin = dice.chance(4) ? text.slice(0, -1) + ((Number(text.slice(-1)) + 5) % 10) : text;
        if (secret.kind === "pin" && dice.chance(2)) return { shown: { method: "qr", text }, side: "scan" };
        return { shown: this.#typed(twin, secret, door), side };
      }
      case "qr":
      case "qrPin":
        if (dice.chance(4) && /^[0-9]+$/.test(text)) return { shown: this.#typed(text, secret, door), side };
        return { shown: { method: "qr", text }, side: dice.chance(50) ? "scan" : side };
      case "card":
      case "bkey": {
        const code = (dice.chance(2) ? text.replace(/^0./, "07") : text) as CardCode;
        const short = /^[0-9A-F]{8}$/.test(code) && dice.chance(10);
        const read = short ? (`00${code.slice(2)}` as CardCode) : code;
        return { shown: { method: "card", code: read, ...(short ? { short } : {}) }, side };
      }
      case "plate": {
        const plate = text.toUpperCase().replaceAll(/[- ]/g, "");
        return { shown: { method: "plate", plate }, side: dice.chance(70) ? "in" : "out" };
      }
    }
  }

  #garbage(): void {
    const dice = this.#dice;
    const door = dice.pick(doorIds);
    const digits = dice.chance(30) ? null : randomCode(dice, dice.between(2, 8));
    const shown = dice.draw<Presentation>([
      [6, this.#typed(digits, null, door)],
      [2, { method: "qr", text: randomCode(dice, 8) }],
      [1, { method: "qr", text: "QR-NOBODY" }],
      [2, { method: "card", code: `00${dice.digits(6)}` as CardCode }],
      [1, { method: "plate", plate: "NOBODY" }],
    ]);
    this.#show(shown, door, "in");
  }

  #show(presentation: Presentation, door: DoorId, side: string): void {
    const dice = this.#dice;
    const at = this.#now;
    const again = dice.chance(0.3) && this.#asks > 0;
    if (!again) this.#asks += 1;
    const late = dice.chance(0.4);
    const ask: Ask = {
      id: `run-1.${this.#asks}` as AskId,
      reader: `${door}-${side}` as ReaderId,
      door: dice.chance(0.1) ? ("gone" as DoorId) : door,
      direction: side === "out" ? "exit" : "entry",
      presentation,
      situation: randomSituation(dice),
      presentedAt: at,
      expiresAt: monoMs(late ? this.#mono - dice.between(0, 5) : this.#mono + 2_000),
    };
    this.#script.push({ do: "show", ask, at });
  }
}
