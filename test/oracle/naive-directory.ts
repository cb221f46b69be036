// The oracle's directory: lists of what was put in, secrets in plain; looks everything up by going through all of it.
import type {
  CredentialKind,
  CredentialState,
  DirectoryChange,
  Holder,
  HolderRef,
  Validity,
} from "../../src/domain/directory.ts";
import { completePass, completePerson } from "../../src/domain/directory.ts";
import type { Holiday, ScheduleRule } from "../../src/domain/schedule.ts";
import type { SiteSpec } from "../../src/domain/site.ts";
import { occurrenceNow, readWall } from "./oracle-calendar.ts";

export interface NaiveCredential {
  readonly id: string;
  readonly kind: CredentialKind;
  readonly secret: string;
  readonly holder: HolderRef;
  readonly validity: Validity;
  readonly direction: "entry" | "exit" | null;
  /** Which three of a card's four bytes are known; null is all of them. */
  readonly known: "low" | "high" | null;
  /** Null where it has none. */
  readonly twin: string | null;
  state: CredentialState;
}

interface NaiveGrant {
  readonly holder: HolderRef;
  readonly door: string;
  readonly schedule: string;
}

const same = (a: HolderRef, b: HolderRef): boolean => a.kind === b.kind && a.id === b.id;

export class NaiveDirectory {
  site: SiteSpec;
  holders: Holder[] = [];
  credentials: NaiveCredential[] = [];
  grants: NaiveGrant[] = [];
  schedules: { readonly id: string; readonly rule: ScheduleRule }[] = [
    { id: "always", rule: { kind: "always" } },
    { id: "never", rule: { kind: "never" } },
  ];
  holidays: Holiday[] = [];
  /** One row for each opening that counted. */
  uses: { readonly pass: string; readonly door: string; readonly occurrence: string; readonly ask: string }[] = [];
  /** The ask that was the first use; null on the issuer's word. */
  activations: {
    readonly pass: string;
    readonly occurrence: string;
    readonly at: number;
    readonly ask: string | null;
  }[] = [];

  constructor(site: SiteSpec) {
    this.site = site;
  }

  holder(ref: HolderRef): Holder | null {
    return this.holders.find((holder) => holder.kind === ref.kind && holder.id === ref.id) ?? null;
  }

  rulesAt(ref: HolderRef, door: string): ScheduleRule[] {
    return this.grants
      .filter((grant) => same(grant.holder, ref) && grant.door === door)
      .map((grant) => this.ruleOf(grant.schedule));
  }

  ruleOf(id: string): ScheduleRule {
    return this.schedules.find((schedule) => schedule.id === id)?.rule ?? { kind: "never" };
  }

  /** Whether it may be taken at all is the ledger's to say. */
  apply(change: DirectoryChange): void {
    switch (change.op) {
      case "putPerson":
        this.#putHolder(completePerson(change.person));
        return;
      case "putPass": {
        const pass = completePass(change.pass);
        const known = this.holder(pass);
        if (known?.kind !== "pass" || known.version <= pass.version) this.#putHolder(pass);
        return;
      }
      case "putPublic":
        this.#putHolder(change.public);
        return;
      case "removeHolder":
        this.#removeHolder(change.holder);
        return;
      case "putCredential":
        this.#putCredential(change);
        return;
      case "setCredentialState":
        for (const credential of this.credentials) if (credential.id === change.id) credential.state = change.state;
        return;
      case "removeCredential":
        this.credentials = this.credentials.filter(({ id }) => id !== change.id);
        return;
      case "putSchedule":
        this.schedules = [...this.schedules.filter(({ id }) => id !== change.schedule.id), change.schedule];
        return;
      case "removeSchedule":
        this.schedules = this.schedules.filter(({ id }) => id !== change.id);
        return;
      case "putHoliday":
        this.holidays = [...this.holidays.filter(({ id }) => id !== change.holiday.id), change.holiday];
        return;
      case "removeHoliday":
        this.holidays = this.holidays.filter(({ id }) => id !== change.id);
        return;
      case "putGrant":
        if (!this.#hasGrant(change)) this.grants.push(change);
        return;
      case "removeGrant":
        this.grants = this.grants.filter(
          ({ holder, door, schedule }) =>
            !(same(holder, change.holder) && door === change.door && schedule === change.schedule),
        );
        return;
      case "activatePass": {
        const pass = this.holder({ kind: "pass", id: change.id });
        if (pass?.kind !== "pass") return;
        const occurrence = occurrenceNow(pass.recurrence, readWall(change.at, this.site.timeZone));
        if (occurrence !== null) this.activate(pass.id, occurrence, change.at, null);
      }
    }
  }

  /** Only the first time counts. */
  activate(pass: string, occurrence: string, at: number, ask: string | null): void {
    // A later use counts if the earlier ones are given back.
    if (ask !== null || this.activatedAt(pass, occurrence) === null)
      this.activations.push({ pass, occurrence, at, ask });
  }

  giveBack(ask: string): void {
    this.uses = this.uses.filter((use) => use.ask !== ask);
    this.activations = this.activations.filter((one) => one.ask !== ask);
  }

  activatedAt(pass: string, occurrence: string): number | null {
    return this.activations.find((one) => one.pass === pass && one.occurrence === occurrence)?.at ?? null;
  }

  #hasGrant(change: NaiveGrant): boolean {
    return this.grants.some(
      ({ holder, door, schedule }) =>
        same(holder, change.holder) && door === change.door && schedule === change.schedule,
    );
  }

  #putHolder(holder: Holder): void {
    this.holders = [...this.holders.filter((other) => !(other.kind === holder.kind && other.id === holder.id)), holder];
  }

  #removeHolder(ref: HolderRef): void {
    this.holders = this.holders.filter((other) => !(other.kind === ref.kind && other.id === ref.id));
    this.credentials = this.credentials.filter(({ holder }) => !same(holder, ref));
    this.grants = this.grants.filter(({ holder }) => !same(holder, ref));
    if (ref.kind !== "pass") return;
    this.uses = this.uses.filter(({ pass }) => pass !== ref.id);
    this.activations = this.activations.filter(({ pass }) => pass !== ref.id);
  }

  #putCredential(change: Extract<DirectoryChange, { op: "putCredential" }>): void {
    const { id, kind, secret, holder, validity = { from: null, until: null }, direction = null, known = null } = change;
    const state = this.credentials.find((other) => other.id === id)?.state ?? "active";
    const hasTwin = this.site.codes.duress && kind === "pin" && holder.kind === "person";
    const lastDigit = (Number(secret.slice(-1)) + 5) % 10;
    const twin = hasTwin ? `${secret.slice(0, -1)}${lastDigit}` : null;
    const put = { id, kind, secret, holder, validity, direction, known, state, twin };
    this.credentials = [...this.credentials.filter((other) => other.id !== id), put];
  }
}
