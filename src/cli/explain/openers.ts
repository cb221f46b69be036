// What would have opened the door: the least that must have been otherwise, tried out with the product's own decision; pure.
import { decide } from "../../domain/decide.ts";
import type { Credential } from "../../domain/directory.ts";
import type { Facts } from "../../domain/facts.ts";
import { outcomeOf } from "../../domain/judgement.ts";
import type { DirectoryView } from "../../domain/past-facts.ts";
import type { Presentation } from "../../domain/presentation.ts";
import type { DenyReason } from "../../domain/reasons.ts";
import type { FactorNeed } from "../../domain/site.ts";
import type { Explained } from "./grounds.ts";
import type { Remedy } from "./remedies.ts";
import { remedies } from "./remedies.ts";
import { credentialWords } from "./rule-words.ts";

const mostTogether = 5;

/** Of a denial: each line is enough by itself. */
export function openersOf(explained: Explained, reason: DenyReason, directory: DirectoryView): string[] {
  const lines = remedies[reason](explained).map((remedy) => whole(explained, remedy, [reason]));
  return [...lines, ...otherCredentials(explained, directory)];
}

function whole(explained: Explained, { words, facts }: Remedy, mended: readonly DenyReason[]): string {
  if (facts === null) return words;
  const decision = decide(facts);
  const outcome = outcomeOf(decision);
  if (outcome === "granted") return words;
  if (outcome === "begun") return `${words}, followed by ${secondWords(decision)}`;
  const [next] = remedies[outcome]({ ...explained, facts });
  if (next === undefined || mended.includes(outcome) || mended.length >= mostTogether) {
    return `${words}; even then the answer would have been "${outcome}"`;
  }
  return `${words}, and ${whole(explained, next, [...mended, outcome])}`;
}

export function secondWords(decision: ReturnType<typeof decide>): string {
  const need: FactorNeed = !decision.granted && "more" in decision ? decision.more : "any";
  if (need === "twoPeople") return "a second person";
  return need === "qrAndCode" ? "the secret code" : "the PIN";
}

/** What else the same holder has, where it would have done. */
function otherCredentials({ facts }: Explained, directory: DirectoryView): string[] {
  const { holder, credential } = facts;
  if (holder === null) return [];
  const others = directory.credentialsOf(holder).filter(({ id, duress }) => id !== credential?.id && !duress);
  return others.flatMap((other) => {
    for (const presentation of presentationsOf(other, facts)) {
      const decision = decide({ ...facts, credential: other, presentation });
      const words = `with ${credentialWords(other)} instead`;
      if (decision.granted) return [words];
      if ("more" in decision) return [`${words}, followed by ${secondWords(decision)}`];
    }
    return [];
  });
}

/** The ways in which a credential can be shown; without its secret. */
export function presentationsOf(
  { kind }: Credential,
  { codes, holder }: Pick<Facts, "codes" | "holder">,
): Presentation[] {
  const typed: Presentation = { method: "pin", digits: "0000" };
  const held: Presentation = { method: "qr", text: "0000" };
  switch (kind) {
    case "pin":
      return holder?.kind === "pass" ? [typed, held] : [typed];
    case "code":
      return [typed];
    case "qrPin":
      return codes.qrPinOnKeypad ? [held, typed] : [held];
    case "qr":
      return [{ method: "qr", text: "-" }];
    case "card":
    case "bkey":
      return [{ method: "card", code: "00000000" as Extract<Presentation, { method: "card" }>["code"] }];
    case "plate":
      return [{ method: "plate", plate: "-" }];
  }
}
