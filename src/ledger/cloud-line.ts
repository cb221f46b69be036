// Reads what the link to the cloud asks, as a line of the ledger's socket. What documents say is looked at when they are applied. Pure.
import type { CloudRequest } from "../domain/ask.ts";
import type { CloudStep } from "../domain/cloud-directory.ts";

import { unixMs } from "../domain/time.ts";

export const cloudKinds = [
  "cloudState",
  "cloudApply",
  "cloudCommand",
  "cloudRevoke",
  "cloudFresh",
  "cloudProven",
  "cloudAcked",
] as const;

/** Null when it is malformed. */
export function parseCloudRequest(request: Record<string, unknown>): CloudRequest | null {
  const { kind, id, of, what, by, at, version, epoch, seq, step, agoMs } = request;
  switch (kind) {
    case "cloudState":
      return { kind };
    case "cloudApply":
      return isStep(step) ? { kind, step } : null;
    case "cloudCommand":
      return isText(id) && isText(what) && isText(by) ? { kind, id, what, by } : null;
    case "cloudRevoke": {
      const isWhole = isText(id) && isText(by) && (version === null || isCount(version));
      return isWhole && isRevocable(of) ? { kind, of, id, version, by } : null;
    }
    case "cloudFresh":
      return isCount(at) && isCount(version) ? { kind, at: unixMs(at), version } : null;
    case "cloudProven":
      return isCount(at) && isCount(agoMs) ? { kind, at: unixMs(at), agoMs } : null;
    case "cloudAcked":
      return isCount(epoch) && isCount(seq) ? { kind, epoch, seq } : null;
    default:
      return null;
  }
}

const isText = (value: unknown): value is string =>
  typeof value === "string" && value.length > 0 && value.length <= 100;
const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) >= 0;
const isPosition = (value: unknown): boolean => value === null || typeof value === "string";

const isRevocable = (value: unknown): value is Extract<CloudRequest, { kind: "cloudRevoke" }>["of"] =>
  value === "person" || value === "pass" || value === "credential";

function isStep(value: unknown): value is CloudStep {
  if (typeof value !== "object" || value === null) return false;
  const { kind, from, version, snapshot, after, upTo, documents } = value as Record<string, unknown>;
  if (!Array.isArray(documents) || !documents.every(isDocument) || !isCount(version)) return false;
  if (kind === "delta") return isCount(from);
  return kind === "chunk" && isCount(snapshot) && isPosition(after) && isPosition(upTo);
}

function isDocument(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { what, id, version, credentials, grants } = value as Record<string, unknown>;
  if (typeof what !== "string" || typeof id !== "string" || !isCount(version)) return false;
  const isHolder = what === "person" || what === "pass";
  return !isHolder || (isObjects(credentials) && isObjects(grants));
}

const isObjects = (value: unknown): boolean =>
  Array.isArray(value) && value.every((one) => typeof one === "object" && one !== null);
