// Reads one line from the socket as a request, or says what is wrong with it without repeating it. Pure.

import { failureCauses } from "../domain/action.ts";
import type { LedgerRequest, ProposedCredential } from "../domain/ask.ts";
import type { HolderRef, Source } from "../domain/directory.ts";
import { holderKinds, sources } from "../domain/directory.ts";
import type { SecretToCompare } from "../domain/directory-export.ts";
import type { JournalEvent } from "../domain/events.ts";
import { cloudRefusals } from "../domain/events.ts";
import { homeOrders, homeRefusals } from "../domain/home-assistant.ts";
import { accessChanges, openingModes, refusalCauses } from "../domain/http-opening.ts";
import type { CredentialId, DoorId } from "../domain/ids.ts";
import { idPattern } from "../domain/ids.ts";

import { cloudKinds, parseCloudRequest } from "./cloud-line.ts";

/** The steps of a change are looked at later, by what is loaded only for them. */
export type RawRequest =
  | Exclude<LedgerRequest, { kind: "change" | "tryChange" | "stage" }>
  | (Pick<Extract<LedgerRequest, { kind: "change" }>, "kind" | "by" | "origin"> & Unread)
  | (Pick<Extract<LedgerRequest, { kind: "tryChange" }>, "kind" | "origin"> & Unread)
  | ({ readonly kind: "stage" } & Unread);

interface Unread {
  readonly changes: readonly unknown[];
}

export type RequestParse =
  | { readonly ok: true; readonly request: RawRequest }
  | { readonly ok: false; readonly problem: string };

const maxTextLength = 500;
const maxCount = 1_000_000;

export function parseRequest(line: string): RequestParse {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return refuse("The line is not JSON.");
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return refuse("The request is no object.");
  const request = value as Record<string, unknown>;
  switch (request["kind"]) {
    case "liveCodes":
      return { ok: true, request: { kind: "liveCodes" } };
    case "watch":
      return { ok: true, request: { kind: "watch" } };
    case "change":
      return parseChange(request);
    case "tryChange":
      return parseTryChange(request);
    case "stage":
      return Array.isArray(request["changes"])
        ? { ok: true, request: { kind: "stage", changes: request["changes"] } }
        : refuse('"changes" must be a list.');
    case "applyStaged":
      return parseApplyStaged(request["by"]);
    case "export":
      return parseExport(request["after"]);
    case "compare":
      return parseCompare(request["secrets"]);
    case "note":
      return parseNote(request["event"]);
    case "propose":
      return parsePropose(request["credential"]);
    case "saveProposed":
    case "discardProposed":
      return parseProposal(request["kind"], request);
    case "offers":
      return { ok: true, request: { kind: "offers" } };
    case "takeOffer":
    case "forgive":
      return parseForHolder(request["kind"], request);
    default: {
      if (!(cloudKinds as readonly unknown[]).includes(request["kind"]))
        return refuse("There is no such kind of request.");
      const cloud = parseCloudRequest(request);
      return cloud === null ? refuse("The request of the cloud's link is malformed.") : { ok: true, request: cloud };
    }
  }
}

function parseChange({ by, origin = "local", changes }: Record<string, unknown>): RequestParse {
  if (!isText(by, 100)) return refuse('"by" must be 1 to 100 printable characters.');
  if (!isSource(origin)) return refuse(`"origin" must be one of ${sources.join(", ")}.`);
  if (!Array.isArray(changes)) return refuse('"changes" must be a list.');
  return { ok: true, request: { kind: "change", by, origin, changes } };
}

function parseTryChange({ origin = "local", changes }: Record<string, unknown>): RequestParse {
  if (!isSource(origin)) return refuse(`"origin" must be one of ${sources.join(", ")}.`);
  if (!Array.isArray(changes)) return refuse('"changes" must be a list.');
  return { ok: true, request: { kind: "tryChange", origin, changes } };
}

const proposable: Readonly<Record<ProposedCredential["kind"], readonly [least: number, most: number]>> = {
  pin: [2, 8],
  code: [4, 8],
  qrPin: [8, 8],
};

function parsePropose(value: unknown): RequestParse {
  if (typeof value !== "object" || value === null) return refuse('"credential" must be an object.');
  const { id, kind, holder: ref, digits = null } = value as Record<string, unknown>;
  const holder = readHolder(ref);
  if (typeof id !== "string" || !idPattern.test(id) || holder === null) {
    return refuse("The credential or its holder is malformed.");
  }
  if (typeof kind !== "string" || !Object.hasOwn(proposable, kind)) {
    return refuse(`A code to make up is one of ${Object.keys(proposable).join(", ")}.`);
  }
  const ofKind = kind as ProposedCredential["kind"];
  const [least, most] = proposable[ofKind];
  if (digits !== null && !(Number.isInteger(digits) && Number(digits) >= least && Number(digits) <= most)) {
    return refuse(`A ${kind} has ${least === most ? least : `${least} to ${most}`} digits.`);
  }
  const credential = { id: id as CredentialId, kind: ofKind, holder, digits: digits as number | null };
  return { ok: true, request: { kind: "propose", credential } };
}

function parseProposal(kind: "saveProposed" | "discardProposed", { by, proposal }: Record<string, unknown>) {
  if (!isText(proposal, 100)) return refuse('"proposal" must be what the proposal was called.');
  if (kind === "discardProposed") return { ok: true, request: { kind, proposal } } as const;
  if (!isText(by, 100)) return refuse('"by" must be 1 to 100 printable characters.');
  return { ok: true, request: { kind, by, proposal } } as const;
}

function parseForHolder(kind: "takeOffer" | "forgive", { by, offer, holder: ref }: Record<string, unknown>) {
  const holder = readHolder(ref);
  if (ref !== null && holder === null) return refuse('"holder" must name somebody, or be null.');
  if (!isText(by, 100)) return refuse('"by" must be 1 to 100 printable characters.');
  if (kind === "forgive") return { ok: true, request: { kind, by, holder } } as const;
  if (!isText(offer, 100)) return refuse('"offer" must be what the offer was called.');
  return { ok: true, request: { kind, by, offer, holder } } as const;
}

function readHolder(value: unknown): HolderRef | null {
  if (typeof value !== "object" || value === null) return null;
  const { kind, id } = value as Record<string, unknown>;
  const isKind = (holderKinds as readonly unknown[]).includes(kind);
  return isKind && typeof id === "string" && idPattern.test(id) ? ({ kind, id } as HolderRef) : null;
}

const isSource = (value: unknown): value is Source => (sources as readonly unknown[]).includes(value);

function parseApplyStaged(by: unknown): RequestParse {
  if (by === null || isText(by, 100)) return { ok: true, request: { kind: "applyStaged", by } };
  return refuse('"by" must be 1 to 100 printable characters, or null to try.');
}

function parseExport(after: unknown): RequestParse {
  if (after === null) return { ok: true, request: { kind: "export", after } };
  const { kind, id } = (typeof after === "object" ? after : {}) as Record<string, unknown>;
  const found = holderKinds.find((one) => one === kind);
  if (found === undefined || typeof id !== "string") return refuse('"after" must name a holder, or be null.');
  return { ok: true, request: { kind: "export", after: { kind: found, id } } };
}

/** Each costs a slow hash, one at a time and behind those of people at the doors: that bounds how fast anybody can guess here. */
export const maxCompared = 200;

function parseCompare(value: unknown): RequestParse {
  const isSecret = (one: unknown): one is SecretToCompare => {
    const { credential, secret } = (typeof one === "object" && one !== null ? one : {}) as Record<string, unknown>;
    return typeof credential === "string" && isText(secret, maxTextLength);
  };
  if (!Array.isArray(value) || value.length > maxCompared || !value.every(isSecret)) {
    return refuse(`"secrets" must be a list of at most ${maxCompared}, each with "credential" and "secret".`);
  }
  return { ok: true, request: { kind: "compare", secrets: value } };
}

/** Others may add only what they alone can know: who came to the console, which machines may, which keys they set,
 * whom they turned away, whom they obeyed, what they sent. */
function parseNote(value: unknown): RequestParse {
  if (typeof value !== "object" || value === null) return refuse('"event" must be an object.');
  const event = readNote(value as Record<string, unknown>);
  return event === null ? refuse("This event may not be noted, or is malformed.") : accept(event);
}

/** Made anew field by field: nothing else that somebody sent along gets into the record. */
function readNote(note: Record<string, unknown>): JournalEvent | null {
  const { type, how, count } = note;
  if (type === "console.entered") return isText(how, maxTextLength) ? { type, how } : null;
  if (type === "http.accessChanged") return readAccessChange(note);
  if (type === "cards.keyChanged") return readKeyChange(note);
  if (type === "cloud.forked") return readFork(note);
  if (!isCount(count)) return null;
  if (type === "http.refused") return readRefusal(note, count);
  if (type === "cloud.refused") return readCloudRefusal(note, count);
  if (type === "http.opened") return readOpening(note, count);
  if (type === "homeAssistant.obeyed") return readHomeOrder(note, count);
  if (type === "homeAssistant.refused") return readHomeRefusal(note, count);
  return type === "action.done" || type === "action.failed" ? readAction(type, note, count) : null;
}

function readAccessChange({ what, name }: Record<string, unknown>): JournalEvent | null {
  const change = accessChanges.find((one) => one === what);
  if (change === undefined || typeof name !== "string" || !idPattern.test(name)) return null;
  return { type: "http.accessChanged", what: change, name };
}

function readKeyChange({ what, profile }: Record<string, unknown>): JournalEvent | null {
  if (what !== "set" && what !== "removed") return null;
  return typeof profile === "string" && idPattern.test(profile) ? { type: "cards.keyChanged", what, profile } : null;
}

function readFork({ epoch, seq }: Record<string, unknown>): JournalEvent | null {
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(seq)) return null;
  return { type: "cloud.forked", epoch: Number(epoch), seq: Number(seq) };
}

function readCloudRefusal({ why }: Record<string, unknown>, count: number): JournalEvent | null {
  const cause = cloudRefusals.find((one) => one === why);
  return cause === undefined ? null : { type: "cloud.refused", why: cause, count };
}

const machinePattern = /^(token|account) [a-z0-9][a-z0-9-]{0,62}$/;

function readOpening({ over, door, who }: Record<string, unknown>, count: number): JournalEvent | null {
  const form = openingModes.find((one) => one === over);
  if (form === undefined || typeof door !== "string" || !idPattern.test(door)) return null;
  if (typeof who !== "string" || !machinePattern.test(who)) return null;
  return { type: "http.opened", over: form, door: door as DoorId, who, count };
}

function readRefusal({ over, why }: Record<string, unknown>, count: number): JournalEvent | null {
  const form = [...openingModes, "query" as const].find((one) => one === over);
  const cause = refusalCauses.find((one) => one === why);
  return form === undefined || cause === undefined ? null : { type: "http.refused", over: form, why: cause, count };
}

function readHomeOrder({ door, order }: Record<string, unknown>, count: number): JournalEvent | null {
  const known = homeOrders.find((one) => one === order);
  if (known === undefined || typeof door !== "string" || !idPattern.test(door)) return null;
  return { type: "homeAssistant.obeyed", door: door as DoorId, order: known, count };
}

function readHomeRefusal({ why }: Record<string, unknown>, count: number): JournalEvent | null {
  const cause = homeRefusals.find((one) => one === why);
  return cause === undefined ? null : { type: "homeAssistant.refused", why: cause, count };
}

function readAction(
  type: "action.done" | "action.failed",
  { action, why }: Record<string, unknown>,
  count: number,
): JournalEvent | null {
  if (typeof action !== "string" || !idPattern.test(action)) return null;
  if (type === "action.done") return { type, action, count };
  const cause = failureCauses.find((one) => one === why);
  return cause === undefined ? null : { type, action, why: cause, count };
}

const isCount = (value: unknown): value is number =>
  typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= maxCount;

const isText = (value: unknown, maxLength: number): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= maxLength && /^[^\p{C}]*$/u.test(value);

const accept = (event: JournalEvent): RequestParse => ({ ok: true, request: { kind: "note", event } });

const refuse = (problem: string): RequestParse => ({ ok: false, problem });
