// `postern issuer revoke`: takes somebody's right away in the directory, and tells the controllers at once, ahead of it.
import { randomBytes } from "node:crypto";
import { Fault } from "../../domain/fault.ts";
import type { Order } from "../../issuer/commander.ts";
import { knownDocuments } from "../../issuer/directory-edit.ts";
import type { IssuedDocument } from "../../issuer/documents.ts";
import { packDocument } from "../../issuer/documents.ts";
import type { Controller } from "../../issuer/store.ts";
import type { OpenIssuer } from "./open-issuer.ts";
import type { Target } from "./order-targets.ts";

export type Revocation = Extract<Order, { kind: "revoke" }>;
type Holder = Extract<IssuedDocument, { what: "person" | "pass" }>;

/** The directory is changed first: whoever does not hear the command gets it with that. */
export async function revokeInDirectory(open: OpenIssuer, site: string, order: Revocation): Promise<readonly Target[]> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await tryToRevoke(open, site, order);
    } catch (error) {
      if (!(error instanceof Fault && error.code === "issuer.movedOn") || tries === maxTries) throw error;
    }
  }
}

/** Somebody may be changing the directory at that moment. */
const maxTries = 5;

async function tryToRevoke(open: OpenIssuer, site: string, order: Revocation): Promise<readonly Target[]> {
  const since = (await open.store.sites.list()).find(({ name }) => name === site)?.version;
  const box = { key: open.keysOf(site).secrets, random: randomBytes };
  const known = await knownDocuments(open.store.directory, site, box);
  const found = known.find(({ document }) => isMeant(document, order));
  if (found === undefined) {
    throw new Error(`There is no ${order.of} "${order.id}" at ${site}; ${whereFrom(order)}.`);
  }
  const holder = found.document as Holder;
  const change = packDocument(without(holder, order), holder, found.fromFile, box);
  const version = await open.store.directory.change(site, [change], since);
  const doors = new Set(holder.grants.map(({ door }) => door));
  const concerned = ({ doors: own }: Controller): boolean => own?.some((door) => doors.has(door)) ?? false;
  return (await open.store.fleet.list(site))
    .filter(concerned)
    .map(({ controller }) => ({ controller, order: { ...order, version } }));
}

/** Carried passes are in no directory: their keys' revocations are. */
function whereFrom({ of, id }: Revocation): string {
  const [, serial] = /^\d+\.(\d+)$/.exec(id) ?? [];
  if (of !== "pass" || serial === undefined) return '"postern issuer directory list" shows all';
  return `a carried pass is revoked by its key: "postern issuer keys publish KEY --revoke ${serial}"`;
}

function isMeant(document: IssuedDocument, { of, id }: Revocation): boolean {
  if (!("credentials" in document)) return false;
  if (of === "credential") return document.credentials.some((one) => one.id === id);
  return document.what === of && document.id === id;
}

function without(holder: Holder, { of, id }: Revocation): Holder {
  if (of === "credential") return { ...holder, credentials: holder.credentials.filter((one) => one.id !== id) };
  return { ...holder, body: { ...holder.body, state: of === "pass" ? "revoked" : "suspended" } };
}
