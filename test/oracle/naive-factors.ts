// What the oracle takes a door to ask for, and whether what was shown answers it.
import type { Holder } from "../../src/domain/directory.ts";
import type { Holiday } from "../../src/domain/schedule.ts";
import type { FactorNeed } from "../../src/domain/site.ts";
import type { NaiveCredential } from "./naive-directory.ts";
import { ruleNow } from "./oracle-calendar.ts";
import { keyOf, type Scene } from "./scene.ts";

export type Need = Exclude<FactorNeed, "any">;

const needOrder: readonly FactorNeed[] = ["any", "qrAndCode", "cardAndPin", "twoPeople"];
const strictest = (needs: readonly FactorNeed[]): FactorNeed =>
  needOrder.findLast((need) => needs.includes(need)) ?? "any";

export const isSecondHalf = ({ first }: Scene): boolean => first !== null && first.need !== "twoPeople";

/** What the door asks for now, and would were it no holiday; what this person must always show, what a guest must; the strictest. */
function needOf(scene: Scene, holder: Holder): FactorNeed {
  const needs: FactorNeed[] = [];
  for (const holidays of [scene.directory.holidays, []]) {
    for (const { schedule, need } of scene.door.factors.filter((rule) => mayHold(scene, rule.schedule, holidays))) {
      needs.push(need);
      if (scene.now.trusted && isKnown(scene, schedule)) break;
    }
  }
  if (holder.kind === "person" && holder.factors !== null) needs.push(holder.factors);
  if (holder.kind === "pass" && (scene.door.unit || scene.door.passCodeRequired)) needs.push("qrAndCode");
  return strictest(needs);
}

const isKnown = (scene: Scene, schedule: string): boolean =>
  scene.directory.schedules.some(({ id }) => id === schedule);

/** One that nobody knows may hold at any time, and those behind it may as well: better asked for in vain than forgotten. */
function mayHold(scene: Scene, schedule: string, holidays: readonly Holiday[]): boolean {
  if (!isKnown(scene, schedule)) return true;
  const rule = scene.directory.ruleOf(schedule);
  if (rule.kind === "weekly" && !scene.now.trusted) return true;
  return ruleNow(rule, holidays, scene.reading) === "holds";
}

export function factorFault(
  scene: Scene,
  credential: NaiveCredential,
  holder: Holder,
): "factorWrong" | "factorMissing" | null {
  if (scene.first !== null) return second(scene, credential, holder) ? null : "factorWrong";
  const { kind } = credential;
  const isAlone = kind !== "code" || opensAlone(scene, credential);
  const isEnough: Record<FactorNeed, boolean> = {
    any: isAlone,
    cardAndPin: kind === "card" || kind === "bkey",
    qrAndCode: kind === "qr" || kind === "qrPin" || (kind === "code" && !hasScanner(scene) && isAlone),
    twoPeople: holder.kind === "person",
  };
  const need = needOf(scene, holder);
  return isEnough[need] && (need === "any" || holder.kind !== "public") ? null : "factorMissing";
}

function second(scene: Scene, { kind, holder: owner }: NaiveCredential, holder: Holder): boolean {
  const { need, credential } = scene.first!;
  const isOwn = keyOf(credential.holder) === keyOf(owner);
  if (need === "twoPeople") return !isOwn && holder.kind === "person";
  if (!isOwn) return false;
  if (holder.kind === "person") return kind === "pin";
  return kind === "code" || (need === "cardAndPin" && kind === "pin");
}

/** A code without what goes with it, where that is not asked for or cannot be shown. */
function opensAlone(scene: Scene, { secret }: NaiveCredential): boolean {
  return hasScanner(scene) || (secret.length >= 6 && scene.site.codes.codeAlone);
}

function hasScanner(scene: Scene): boolean {
  return scene.site.readers.some(
    ({ door, format, keypad, plates }) => door === scene.door.id && format === null && !keypad && plates !== true,
  );
}

export function missing(scene: Scene, { kind }: NaiveCredential, holder: Holder): Need | null {
  const need = needOf(scene, holder);
  return scene.first !== null || need === "any" || kind === "code" ? null : need;
}
