// Says what a key may not give, to whoever asked it for more.
import type { KeyLimit } from "../domain/carried-pass/carried-holder.ts";
import type { PassKey } from "../domain/carried-pass/pass-key.ts";

export function limitText(key: PassKey, limit: KeyLimit): string {
  return `The key "${key.id}" may not give so much: ${words(key, limit)}.`;
}

function words({ limits, places, floors }: PassKey, limit: KeyLimit): string {
  switch (limit) {
    case "maxMinutes":
      return `its longest window is ${limits.maxMinutes} minutes`;
    case "maxUses":
      return `what it makes opens at most ${limits.maxUses} times, and is counted`;
    case "validity":
      return "it is good for another time itself";
    case "places":
      return `its places are ${places.map(({ number, doors }) => `${number} (${doors.join(", ")})`).join(", ")}`;
    case "floors":
      return floors.length === 0 ? "it has no floors" : `its floors are 1 to ${floors.length}`;
  }
}
