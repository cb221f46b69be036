// What a machine asks, read off the address and the headers: in which form, by whom, for which door; pure.
import type { OpeningMode } from "../../domain/http-opening.ts";
import type { DoorId } from "../../domain/ids.ts";
import type { DigestAnswer } from "./digest-auth.ts";
import { parseDigest } from "./digest-auth.ts";

/** Who somebody says they are; `none` has said nothing yet. */
export type Claim =
  | { readonly kind: "none" }
  | { readonly kind: "token"; readonly token: string }
  | { readonly kind: "password"; readonly name: string; readonly password: string }
  | { readonly kind: "digest"; readonly answer: DigestAnswer };

export type ApiForm =
  | { readonly over: "bearer"; readonly method: "POST"; readonly door: string }
  | { readonly over: "legacyQuery" | "httpAuth"; readonly method: "GET" }
  | { readonly over: "relayTrigger"; readonly method: "POST" }
  | { readonly over: "query"; readonly method: "GET" };

const maxNameLength = 64;
const maxSecretLength = 256;

/** Null where this path is none of ours. */
export function formOf(path: string): ApiForm | null {
  if (path === "/fcgi/do") return { over: "legacyQuery", method: "GET" };
  if (path === "/fcgi/OpenDoor") return { over: "httpAuth", method: "GET" };
  if (path === "/api/relay/trig") return { over: "relayTrigger", method: "POST" };
  if (path === "/v1/can-call") return { over: "query", method: "GET" };
  const [, door] = /^\/v1\/doors\/([^/]*)\/open$/.exec(path) ?? [];
  return door === undefined ? null : { over: "bearer", method: "POST", door };
}

export const isCompatible = (over: ApiForm["over"]): over is OpeningMode => over !== "bearer" && over !== "query";

export function claimOf(form: ApiForm, query: URLSearchParams, authorization: string | undefined): Claim {
  if (form.over === "legacyQuery") {
    // No password has a space in it, and not every client knows that a plus sign stands for one in a query.
    return passwordClaim(query.get("UserName") ?? "", (query.get("Password") ?? "").replaceAll(" ", "+"));
  }
  const [, scheme = "", rest = ""] = /^(\w+) +(.+)$/.exec(authorization ?? "") ?? [];
  const kind = scheme.toLowerCase();
  if (form.over === "bearer" || form.over === "query") {
    return kind === "bearer" && rest.length <= maxSecretLength ? { kind: "token", token: rest } : { kind: "none" };
  }
  if (kind === "basic") return basicClaim(rest);
  const answer = kind === "digest" ? parseDigest(rest) : null;
  if (answer === null) return { kind: "none" };
  return answer.username.length > maxNameLength ? { kind: "none" } : { kind: "digest", answer };
}

function basicClaim(encoded: string): Claim {
  const text = Buffer.from(encoded, "base64").toString("utf8");
  const colon = text.indexOf(":");
  return colon < 0 ? { kind: "none" } : passwordClaim(text.slice(0, colon), text.slice(colon + 1));
}

function passwordClaim(name: string, password: string): Claim {
  if (name === "" || name.length > maxNameLength || password.length > maxSecretLength) return { kind: "none" };
  return { kind: "password", name, password };
}

/** Null where it names none. `doors` are in the order of their numbers. */
export function doorOf(
  form: ApiForm,
  query: URLSearchParams,
  body: unknown,
  doors: readonly DoorId[],
  all: readonly DoorId[],
): DoorId | null {
  if (form.over === "bearer") return all.find((id) => id === form.door) ?? null;
  const number = form.over === "relayTrigger" ? relayNumber(body) : queryNumber(query);
  return number === null ? null : (doors[number - 1] ?? null);
}

function queryNumber(query: URLSearchParams): number | null {
  if (query.get("action") !== "OpenDoor") return null;
  const text = query.get("DoorNum") ?? "";
  return /^[1-9]\d{0,2}$/.test(text) ? Number(text) : null;
}

/** As it is, or wrapped with target and action. Only mode 0, which locks again by itself, is known here. */
function relayNumber(body: unknown): number | null {
  if (typeof body !== "object" || body === null) return null;
  const { data } = body as { data?: unknown };
  const fields = typeof data === "object" && data !== null ? data : body;
  const { num, mode = 0 } = fields as { num?: unknown; mode?: unknown };
  const number = Number(num);
  return Number(mode) === 0 && Number.isInteger(number) && number >= 1 ? number : null;
}
