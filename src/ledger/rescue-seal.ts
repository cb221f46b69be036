// Turns what rescue runs on into the text of its file and back: nothing comes out that these keys did not put in. Opens no file
// and no database, because rescue reads it when neither may be there.
import { createHmac, timingSafeEqual } from "node:crypto";
import type { RescuePlan } from "../domain/rescue.ts";
import { rescueLayout } from "../domain/rescue.ts";

/** What the key is for, as `readSubKey` names it. */
export const rescuePurpose = "rescue file";
/** With the most doors, readers and cards that there may be it stays far below this. */
export const maxRescueBytes = 1_048_576;

const macOf = (key: Buffer, body: string): Buffer => createHmac("sha256", key).update(body).digest();

/** The first line vouches for the second. */
export function sealRescue(key: Buffer, plan: RescuePlan): string {
  const body = JSON.stringify(plan);
  return `${macOf(key, body).toString("hex")}\n${body}\n`;
}

/** Null when the text was altered, cut off, made with another key, or laid out as by another Postern. */
export function openRescue(key: Buffer, text: string): RescuePlan | null {
  const [mac = "", body = "", ...rest] = text.split("\n");
  const given = Buffer.from(mac, "hex");
  const right = macOf(key, body);
  if (rest.join("") !== "" || given.length !== right.length || !timingSafeEqual(given, right)) return null;
  const plan = JSON.parse(body) as RescuePlan;
  return plan.layout === rescueLayout ? plan : null;
}
