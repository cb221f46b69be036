// Splits a sample's label into who it is and what there is to know about it; pure.

/** "Ana Ruiz, resident" is Ana Ruiz, who is a resident. */
export function splitLabel(label: string): { readonly name: string; readonly note: string } {
  const comma = label.indexOf(", ");
  return comma < 0 ? { name: label, note: "" } : { name: label.slice(0, comma), note: label.slice(comma + 2) };
}
