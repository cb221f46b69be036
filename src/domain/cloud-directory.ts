// The cloud's part of the directory as it comes down: what its documents are about. Pure.

/** What a document may be about. */
export const ownedByCloud = ["schedule", "holiday", "passKey", "person", "pass"] as const;
