// The oracle's bound on guessing: whole milliseconds of debt for each door, and a list of what was mistyped where.
import type { GuessPolicy } from "../../src/domain/site.ts";

interface Debt {
  /** A failure owes the time in which it is forgotten. */
  owedMs: number;
  at: number;
  blockedUntil: number;
}

interface Mistyped {
  readonly reader: string;
  readonly digits: string;
  readonly at: number;
  readonly tries: number;
}

export class NaiveGuessing {
  readonly #debts = new Map<string, Debt>();
  #mistyped: Mistyped[] = [];

  blocked(key: string, mono: number): boolean {
    return mono < (this.#debts.get(key)?.blockedUntil ?? 0);
  }

  /** For how long it blocks from now on; 0 is not at all. Several codes in one entry are tried one after the other. */
  fail(key: string, policy: GuessPolicy, mono: number, codes = 1): number {
    const tries = Math.max(1, Math.min(codes, policy.failures - 1));
    let free = mono;
    let isNew = false;
    for (let tried = 0; tried < tries; tried += 1) {
      const blockMs = this.#failOnce(key, policy, free);
      isNew ||= blockMs > 0;
      if (tries === 1) return blockMs;
      free = Math.max(free, this.#debts.get(key)!.blockedUntil);
    }
    const debt = this.#now(key, mono);
    debt.blockedUntil = Math.max(debt.blockedUntil, free);
    return isNew ? free - mono : 0;
  }

  #failOnce(key: string, policy: GuessPolicy, mono: number): number {
    const debt = this.#now(key, mono);
    const most = policy.failures + Math.max(0, Math.ceil(Math.log2(policy.maxBlockMs / policy.blockMs)));
    debt.owedMs = Math.max(debt.owedMs, Math.min(most * policy.drainMs, debt.owedMs + policy.drainMs));
    const failures = Math.round(debt.owedMs / policy.drainMs);
    if (failures < policy.failures) return 0;
    const blockMs = Math.min(policy.maxBlockMs, policy.blockMs * 2 ** (failures - policy.failures));
    debt.blockedUntil = Math.max(debt.blockedUntil, mono + blockMs);
    return blockMs;
  }

  /** The codes themselves are kept in memory only. */
  restart(): void {
    this.#mistyped = [];
  }

  forget(key: string): void {
    this.#debts.delete(key);
  }

  mistyped(reader: string, digits: string, mono: number, tries: number): void {
    this.#mistyped.push({ reader, digits, at: mono, tries });
    const ofReader = this.#mistyped.filter((one) => one.reader === reader);
    const kept = ofReader.slice(-16);
    this.#mistyped = [...this.#mistyped.filter((one) => one.reader !== reader), ...kept];
  }

  /** What was nearly the code that now succeeded, within a minute, is given back. */
  succeed(reader: string, door: string, digits: string, policy: GuessPolicy, mono: number): void {
    const forgiven = this.#mistyped.filter(
      (one) => one.reader === reader && mono - one.at <= 60_000 && isNearly(one.digits, digits),
    );
    this.#mistyped = this.#mistyped.filter((one) => !forgiven.includes(one));
    if (forgiven.length === 0) return;
    const debt = this.#now(door, mono);
    for (const { tries } of forgiven) debt.owedMs = Math.max(0, debt.owedMs - tries * policy.drainMs);
  }

  #now(key: string, mono: number): Debt {
    const debt = this.#debts.get(key) ?? { owedMs: 0, at: mono, blockedUntil: 0 };
    debt.owedMs = Math.max(0, debt.owedMs - (mono - debt.at));
    debt.at = mono;
    this.#debts.set(key, debt);
    return debt;
  }
}

/** One edit of `typed` gives `meant`: all edits are made, and looked at. */
export function isNearly(typed: string, meant: string): boolean {
  if (typed === meant) return false;
  for (let at = 0; at <= typed.length; at += 1) {
    const [before, rest] = [typed.slice(0, at), typed.slice(at)];
    if (rest !== "" && before + rest.slice(1) === meant) return true;
    if (rest.length > 1 && before + rest[1] + rest[0] + rest.slice(2) === meant) return true;
    for (const digit of "0123456789") {
      if (before + digit + rest === meant || (rest !== "" && before + digit + rest.slice(1) === meant)) return true;
    }
  }
  return false;
}
