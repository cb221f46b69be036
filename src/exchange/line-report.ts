// Words for people: one line for each thing that a plan does, and for each thing that is wrong with a file. Pure.
import type { Plan } from "./planned.ts";
import type { LineProblem } from "./wanted.ts";

const maxNews = 500;

export function problemLines(problems: readonly LineProblem[]): string[] {
  return problems.map(({ line, problem, remedy }) => {
    const where = line === 0 ? "" : `line ${line}: `;
    return `${where}${problem}${remedy === "" ? "" : ` ${remedy}`}`;
  });
}

/** `text` names people, `quiet` only their ids. */
export function planLines({ news }: Plan, words: "text" | "quiet" = "text"): string[] {
  if (news.length === 0) return ["Nothing changes."];
  const lines = news.slice(0, maxNews).map((one) => `${one.verb.padEnd(7)} ${one[words]}`);
  return news.length <= maxNews ? lines : [...lines, `... and ${news.length - maxNews} more.`];
}

/** `3 added, 1 changed, 0 removed`. */
export function planCount({ news }: Plan): string {
  const count = (verb: string) => news.filter((one) => one.verb === verb).length;
  return `${count("adds")} added, ${count("changes")} changed, ${count("removes")} removed`;
}
