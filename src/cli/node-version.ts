// Whether this Node is one that Postern's native parts were made for: another one would end in a crash without a word. Pure.

const leastOf24 = 7;
const nextKnown = 26;

/** Null when it is; otherwise what to do. */
export function nodeBar(version: string): string | null {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major >= nextKnown || (major === 24 && minor >= leastOf24)) return null;
  return `Node 24.${leastOf24} is needed, and this is ${version}; start it as scripts/postern, which brings its own.`;
}
