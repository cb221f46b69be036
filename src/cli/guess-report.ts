// What the live codes of each door and the site's policy mean for somebody who tries codes day and night.
import { percentText } from "../config/explain.ts";
import type { LiveCodes } from "../domain/ask.ts";
import { shareOf } from "../domain/code-partition.ts";
import { guessOdds } from "../domain/guess.ts";
import type { GuessPolicy } from "../domain/site.ts";

/** Above this a door's codes are too easily found: longer ones, or fewer, are due. */
const worryingPerDay = 0.01;

export function guessReport(liveCodes: readonly LiveCodes[], policy: GuessPolicy, partition: boolean): string[] {
  const doors = [...new Set(liveCodes.map(({ door }) => door))];
  return doors.map((door) => {
    const codes = liveCodes
      .filter((one) => one.door === door)
      .map((one) => ({
        ...one,
        share: one.offline === true ? 1 : shareOf(one.ofPasses ? "pass" : "person", partition),
      }));
    const { perDay, perYear } = guessOdds(policy, codes);
    const counted = countedWords(codes);
    const odds = `a tireless guesser finds one in a day with ${percentText(perDay)}, in a year with ${percentText(perYear)}`;
    const warning = perDay > worryingPerDay ? ". WARNING: use longer PINs here" : "";
    return `${door}: ${counted} at the keypad; ${odds}${warning}.`;
  });
}

/** Of offline codes those that anybody could guess are weighed, and none is there to be counted. */
function countedWords(codes: readonly LiveCodes[]): string {
  const count = codes.filter(({ offline }) => offline !== true).reduce((sum, one) => sum + one.count, 0);
  const offline = codes.filter((one) => one.offline === true).map(({ length }) => `offline codes of ${length} digits`);
  const own = count === 0 && offline.length > 0 ? [] : [count === 1 ? "1 code" : `${count} codes`];
  return [...own, ...offline].join(" and ");
}
