// A command that was not typed as it must be: one sentence, then the usage, and exit code 2.

export class Misuse extends Error {}

/** Node's own words about options go on with advice that would not help here: only the first sentence stays. */
export function misuseOf(error: unknown): Misuse | null {
  if (error instanceof Misuse) return error;
  if (!(error instanceof TypeError)) return null;
  const { code, message } = error as TypeError & { readonly code?: string };
  if (code?.startsWith("ERR_PARSE_ARGS") !== true) return null;
  const [first = ""] = message.split(/\. |\n/);
  return new Misuse(`${first.replace(/\.$/, "")}.`);
}
