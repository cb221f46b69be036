// How an operator's request ended, for the page that made it; knows nothing of what was asked.

export type Outcome =
  | { readonly ok: true }
  /** `problem` is one plain sentence. */
  | {
      readonly ok: false;
      readonly code: "refused" | "boardAway" | "mainAway" | "busy" | "malformed";
      readonly problem: string;
    };
