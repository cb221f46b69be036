// Whose the oracle takes what was shown for: by going through everything that anybody has.
import type { Holder } from "../../src/domain/directory.ts";
import type { NaiveCredential } from "./naive-directory.ts";
import { keyOf, personOf, type Scene } from "./scene.ts";

export interface Found {
  readonly credential: NaiveCredential;
  readonly duress: boolean;
}

/** Who has begun here comes first; then who may open here, whose whole number it is and lives; then passes, people, public codes. */
export function find(scene: Scene): Found | null {
  const kinds = ["pass", "person", "public"];
  const rank = ({ credential }: Found): string => {
    const { holder, id } = credential;
    const isLiving = !isWhole(scene, credential) || !isOver(scene, credential);
    const yesFirst = [hasBegun(scene, credential), isHere(scene, credential), isWhole(scene, credential), isLiving];
    return [...yesFirst.map((yes) => (yes ? 0 : 1)), kinds.indexOf(holder.kind), holder.id, id].join(" ");
  };
  return allFound(scene).toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))[0] ?? null;
}

/** Set aside by somebody, or ended by a time that is certain. */
function isOver({ directory, now }: Scene, { holder: ref, state, validity }: NaiveCredential): boolean {
  const holder = directory.holder(ref)!;
  if (state !== "active" || holder.state !== "active") return true;
  const ends = [validity.until];
  if (holder.kind !== "public") ends.push(holder.validity.until);
  if (holder.kind === "pass") ends.push(holder.expiresAt);
  return now.trusted && ends.some((end) => end !== null && end <= now.wall);
}

/** Whether somebody else here could have been meant just as well. */
export function collides(scene: Scene, { credential }: Found): boolean {
  if (hasBegun(scene, credential)) return false;
  return allFound(scene).some(
    (other) =>
      keyOf(other.credential.holder) !== keyOf(credential.holder) &&
      isHere(scene, other.credential) &&
      isWhole(scene, other.credential) === isWhole(scene, credential),
  );
}

const allFound = (scene: Scene): Found[] =>
  scene.directory.credentials.flatMap((credential) => matches(scene, credential));

const hasBegun = ({ first }: Scene, { holder }: NaiveCredential): boolean =>
  first !== null && keyOf(first.credential.holder) === keyOf(holder);

const isHere = ({ directory, door }: Scene, { holder }: NaiveCredential): boolean =>
  directory.rulesAt(holder, door.id).length > 0;

function isWhole({ ask: { presentation } }: Scene, { known, secret }: NaiveCredential): boolean {
  if (presentation.method !== "card") return true;
  return presentation.short !== true && known === null && presentation.code === secret;
}

function matches(scene: Scene, credential: NaiveCredential): Found[] {
  const { presentation } = scene.ask;
  const { kind, secret, twin } = credential;
  const one = [{ credential, duress: false }];
  switch (presentation.method) {
    case "card": {
      if (kind !== "card" && kind !== "bkey") return [];
      return readings(scene, presentation.code).some((code) => isSameCard(code, presentation.short, credential))
        ? one
        : [];
    }
    case "plate":
      return kind === "plate" && plain(presentation.plate) === plain(secret) ? one : [];
    case "qr":
      if (presentation.text !== secret) return [];
      if (kind === "qr" || kind === "qrPin") return one;
      return kind === "pin" && credential.holder.kind === "pass" ? one : [];
    case "pin": {
      if (!mayBeTyped(scene, credential)) return [];
      const hidden = hiddenPin(scene);
      if (hidden !== null) {
        if (credential !== hidden) return [];
        if (twin !== null && presentation.digits!.includes(twin)) return [{ credential, duress: true }];
        return presentation.digits!.includes(secret) ? one : [];
      }
      if (presentation.digits === secret) return one;
      return twin !== null && presentation.digits === twin ? [{ credential, duress: true }] : [];
    }
  }
}

/** After somebody's card: the PIN around which this entry may have digits, so that it is looked for in it and nothing else is. */
export function hiddenPin({ site, door, directory, ask, first, now }: Scene): NaiveCredential | null {
  const { presentation } = ask;
  if (!site.codes.virtualPin || door.keypadMode !== "pin" || first?.need !== "cardAndPin") return null;
  if (presentation.method !== "pin" || presentation.digits === null || first.at === now.mono) return null;
  const { holder } = first.credential;
  const pin = directory.credentials.find((one) => one.kind === "pin" && keyOf(one.holder) === keyOf(holder));
  if (holder.kind !== "person" || pin === undefined || pin.secret.length < 6) return null;
  const more = presentation.digits.length - pin.secret.length;
  return more >= 1 && more <= 4 ? pin : null;
}

/** A long number is also the four bytes of it that other systems wrote down. */
function readings(scene: Scene, code: string): string[] {
  const { longUid } = scene.site.cards;
  const bytes = code.includes("/") ? 0 : code.length / 2;
  if (longUid === null || (bytes !== 7 && bytes !== 10)) return [code];
  return [code, longUid === "first4" ? code.slice(0, 8) : code.slice(-8)];
}

function mayBeTyped(scene: Scene, { kind, holder, secret }: NaiveCredential): boolean {
  const { codes } = scene.site;
  if (kind === "qrPin" && !codes.qrPinOnKeypad) return false;
  if (kind !== "pin" && kind !== "code" && kind !== "qrPin") return false;
  if (holder.kind === "public" && secret.length !== codes.publicLength) return false;
  return scene.door.keypadMode === "pin" || livesAt(scene, scene.directory.holder(holder)!);
}

/** People type their own apartment; a guest may type the host's, or none. */
function livesAt(scene: Scene, holder: Holder): boolean {
  const { presentation } = scene.ask;
  const typed = (presentation.method === "pin" ? presentation.apartment : null) ?? "";
  if (holder.kind === "person") return typed !== "" && typed === holder.apartment;
  if (typed === "") return true;
  return holder.kind === "pass" && holder.host !== null && personOf(scene, holder.host)?.apartment === typed;
}

/** Where either side knows three bytes only, they are what is compared. */
function isSameCard(shown: string, lowOnly: boolean | undefined, { secret, known }: NaiveCredential): boolean {
  if (lowOnly !== true && known === null) return shown === secret;
  if (shown.length !== 8 || secret.length !== 8 || (lowOnly === true && known === "high")) return false;
  return known === "high" ? shown.slice(0, 6) === secret.slice(0, 6) : shown.slice(2) === secret.slice(2);
}

const plain = (plate: string): string => [...plate.toUpperCase()].filter((sign) => /[\p{L}\p{N}]/u.test(sign)).join("");
