// What a door asks of somebody, and whether what was shown is the first half of it, the second, or the whole.
import type { Credential, CredentialKind, Holder } from "./directory.ts";
import type { Facts } from "./facts.ts";
import type { ScheduleId } from "./ids.ts";
import type { DenyReason } from "./reasons.ts";
import type { ScheduleRule } from "./schedule.ts";
import { always, scheduleHolds } from "./schedule.ts";
import type { DoorSpec, FactorNeed } from "./site.ts";

export type FactorStep =
  /** Enough by itself, or the second half of what was begun. */
  | { readonly step: "whole" }
  | { readonly step: "first"; readonly need: Exclude<FactorNeed, "any"> }
  | { readonly step: "barred"; readonly reason: DenyReason };

/** What may come first where two things are needed: something to hold, which nobody can guess key by key. */
const firstKinds: Readonly<Record<"cardAndPin" | "qrAndCode", readonly CredentialKind[]>> = {
  cardAndPin: ["card", "bkey"],
  qrAndCode: ["qr", "qrPin"],
};

const strictness: readonly FactorNeed[] = ["any", "qrAndCode", "cardAndPin", "twoPeople"];

/** A holiday takes nothing off: what the door asks for on an ordinary day of that hour is asked for then as well. */
export function neededFactors(facts: Facts): FactorNeed {
  const { holidays, holder } = facts;
  const ofHolder = holder?.kind === "person" ? (holder.factors ?? "any") : "any";
  const ofPass = holder?.kind === "pass" && facts.door.passCodeRequired ? "qrAndCode" : "any";
  const ofCarried = facts.carried?.codeRequired === true ? "qrAndCode" : "any";
  return strictest([doorNeed(facts, holidays), doorNeed(facts, []), ofHolder, ofPass, ofCarried]);
}

/** A clock that cannot be trusted may stand inside any rule's schedule: the strictest of all counts then. */
function doorNeed({ now, timeZone, factors }: Facts, holidays: Facts["holidays"]): FactorNeed {
  const rules = factors.filter(
    ({ rule }) => (rule.kind === "weekly" && !now.trusted) || scheduleHolds(rule, holidays, now.wall, timeZone),
  );
  return now.trusted ? (rules[0]?.need ?? "any") : strictest(rules.map(({ need }) => need));
}

/** A rule whose schedule nobody knows may hold at any time: it adds to what the rules behind it ask for, and takes nothing off. */
export function factorRulesOf(
  { factors }: Pick<DoorSpec, "factors">,
  ruleOf: (schedule: ScheduleId) => ScheduleRule | null,
): Facts["factors"] {
  const rules: Facts["factors"][number][] = [];
  let least: FactorNeed = "any";
  for (const { need, schedule } of factors) {
    const rule = ruleOf(schedule);
    if (rule === null) least = strictest([least, need]);
    else rules.push({ need: strictest([least, need]), rule });
  }
  return least === "any" ? rules : [...rules, { need: least, rule: always.rule }];
}

export function factorStep(facts: Facts, credential: Credential, holder: Holder): FactorStep {
  const { first } = facts;
  if (first !== null && isSecondTry(facts, first.need)) return secondStep(facts, credential, holder);
  const need = neededFactors(facts);
  if (need === "any") return aloneStep(facts, credential, holder);
  if (holder.kind === "public") return barred("factorMissing");
  if (need === "twoPeople") {
    const alone = aloneStep(facts, credential, holder);
    return alone.step === "whole" && holder.kind === "person" ? { step: "first", need } : barred("factorMissing");
  }
  if (firstKinds[need].includes(credential.kind)) {
    return facts.carried?.code === null ? barred("factorMissing") : { step: "first", need };
  }
  const alone = need === "qrAndCode" && !facts.hasScanner && credential.kind === "code";
  return alone ? codeStep(facts, credential) : barred("factorMissing");
}

/** Whether this presentation is meant to complete what was begun; anything else begins anew. */
export const isSecondTry = ({ presentation }: Pick<Facts, "presentation">, need: Exclude<FactorNeed, "any">): boolean =>
  need === "twoPeople" || presentation.method === "pin";

function secondStep(facts: Facts, credential: Credential, holder: Holder): FactorStep {
  const { first } = facts;
  if (first === null) return barred("factorMissing");
  const same = first.holder.kind === holder.kind && first.holder.id === holder.id;
  if (first.need === "twoPeople") {
    if (same || holder.kind !== "person") return barred("factorWrong");
    const alone = aloneStep(facts, credential, holder);
    return alone.step === "whole" ? alone : barred("factorMissing");
  }
  return same && secondKinds(first.need, holder).includes(credential.kind) ? { step: "whole" } : barred("factorWrong");
}

/** A guest's PIN goes with a card; beside a QR it is the secret code that was sent another way that counts. */
function secondKinds(need: "cardAndPin" | "qrAndCode", holder: Holder): readonly CredentialKind[] {
  if (holder.kind !== "pass") return ["pin"];
  return need === "cardAndPin" ? ["pin", "code"] : ["code"];
}

function aloneStep(facts: Facts, credential: Credential, holder: Holder): FactorStep {
  return credential.kind === "code" && holder.kind === "pass" ? codeStep(facts, credential) : { step: "whole" };
}

/** A secret code is the lesser half of a pass: where the other half cannot be shown, it is enough alone only if it is long. */
function codeStep({ hasScanner, codes }: Facts, credential: Credential): FactorStep {
  if (hasScanner) return { step: "whole" };
  return codes.codeAlone && (credential.digits ?? 0) >= minDigitsAlone ? { step: "whole" } : barred("factorMissing");
}

const minDigitsAlone = 6;

const barred = (reason: DenyReason): FactorStep => ({ step: "barred", reason });

const strictest = (needs: readonly FactorNeed[]): FactorNeed =>
  needs.reduce<FactorNeed>((a, b) => (strictness.indexOf(b) > strictness.indexOf(a) ? b : a), "any");
