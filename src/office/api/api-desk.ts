// Answers machines: opens doors for them and says who may be called. Whatever is wrong is answered alike; knows no wire.
import type { IncomingMessage, ServerResponse } from "node:http";
import { BlockList, isIP } from "node:net";
import type { HttpOpeningSpec, OpeningMode, RefusalCause, RefusedOver } from "../../domain/http-opening.ts";
import type { DoorId, PersonId } from "../../domain/ids.ts";
import { readJson } from "../console/reply.ts";
import type { DoorDesk } from "../door-desk.ts";
import type { AccessEntry } from "./access-file.ts";
import type { ApiForm, Claim } from "./api-request.ts";
import { claimOf, doorOf, formOf, isCompatible } from "./api-request.ts";
import { isCrossSite } from "./browser-guard.ts";
import type { CredentialCheck } from "./credential-check.ts";
import { GuessGuard, plainAddress, sourceOf } from "./guess-guard.ts";

const maxUrlLength = 2_048;

export interface ApiParts {
  readonly spec: HttpOpeningSpec;
  /** Every door of the site. */
  readonly doors: readonly DoorId[];
  readonly check: CredentialCheck;
  readonly desk: DoorDesk;
  readonly mono: () => number;
  /** The console's own origin, under the name that the request used. */
  readonly ownOrigin: (host: string) => string;
  readonly opened: (over: OpeningMode, door: DoorId, who: string) => void;
  readonly refused: (over: RefusedOver, why: RefusalCause) => void;
  readonly canCall: (person: PersonId, door: DoorId) => boolean;
}

/** Anything but `refused` tells nothing about a credential, a name or a door. */
interface Answer {
  readonly status: number;
  readonly code: string;
  readonly problem: string;
}

/** The longest a blocked account's caller is told to wait when its own address is not blocked. */
const usualWaitMs = 30_000;
const refusal: Answer = { status: 401, code: "refused", problem: "This is not permitted." };
const blockedAnswer: Answer = { status: 429, code: "blocked", problem: "Too many wrong tries; wait." };
const answers: Readonly<Record<RefusalCause, Answer>> = {
  credential: refusal,
  door: refusal,
  session: { status: 401, code: "noSession", problem: "Log in to the console first." },
  address: { status: 403, code: "wrongAddress", problem: "This may not be asked from there." },
  crossSite: { status: 403, code: "crossSite", problem: "Another site's page may not do this." },
  blocked: blockedAnswer,
  busy: { status: 503, code: "busy", problem: "Try again in a moment." },
};

interface ApiAnswer {
  readonly ok: boolean;
  readonly code?: string;
  readonly problem?: string;
  readonly canCall?: boolean;
}

interface Asked {
  readonly form: ApiForm;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly source: string;
}

type Judgment =
  | { readonly kind: "open"; readonly entry: AccessEntry; readonly door: DoorId }
  | { readonly kind: "query" }
  | { readonly kind: "stale" }
  | { readonly kind: "refuse"; readonly why: RefusalCause };

export class ApiDesk {
  readonly #parts: ApiParts;
  readonly #guard: GuessGuard;
  readonly #allowed: BlockList;

  constructor(parts: ApiParts) {
    this.#parts = parts;
    this.#guard = new GuessGuard(parts.mono);
    this.#allowed = allowList(parts.spec.addresses);
  }

  /** A form that is not switched on is not there at all. */
  formAt(path: string): ApiForm | null {
    const form = formOf(path);
    if (form === null || form.over === "query") return form;
    return this.#parts.spec.modes.includes(form.over) ? form : null;
  }

  async answer(
    form: ApiForm,
    request: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    hasSession: boolean,
  ): Promise<void> {
    const source = sourceOf(request.socket.remoteAddress ?? "");
    const asked = { form, request, response, query, source };
    if (request.method !== form.method) {
      response.setHeader("Allow", form.method);
      return send(asked, 405, { ok: false, code: "wrongMethod", problem: "That is not how to ask for this." });
    }
    if ((request.url ?? "").length > maxUrlLength) {
      return send(asked, 414, {
        ok: false,
        code: "tooLong",
        problem: `An address has at most ${maxUrlLength} characters.`,
      });
    }
    const bar = this.#bar(asked, hasSession);
    if (bar !== null) return this.#refuse(asked, bar);
    // Before the body: clients send none until they were challenged.
    const claim = claimOf(form, query, request.headers.authorization);
    if (claim.kind === "none") return this.#challenge(asked, false);
    const body = form.over === "relayTrigger" ? await readJson(request) : null;
    if (body !== null && !body.ok)
      return send(asked, body.status, { ok: false, code: body.code, problem: body.problem });
    const judge = () => this.#judge(asked, claim, body?.value ?? null);
    const { check } = this.#parts;
    // Only passwords take long enough for others to slip in between.
    const isSlow = claim.kind === "password";
    if (isSlow && check.isBusy) return this.#refuse(asked, "busy");
    await this.#act(asked, await (isSlow ? check.inTurn(judge) : judge()));
  }

  /** What is wrong before anybody looks at a credential. */
  #bar({ form, request, source }: Asked, hasSession: boolean): RefusalCause | null {
    const { spec, ownOrigin } = this.#parts;
    if (isCrossSite(request.headers, ownOrigin(request.headers.host ?? ""))) return "crossSite";
    if (form.over === "legacyQuery" && !this.#isAllowed(request.socket.remoteAddress ?? "")) return "address";
    if (form.over !== "query" && spec.sessionCheck && !hasSession) return "session";
    return this.#guard.blockedMs("source", source) === null ? null : "blocked";
  }

  /** Counts what is wrong before the next one is judged. */
  async #judge(asked: Asked, claim: Exclude<Claim, { kind: "none" }>, body: unknown): Promise<Judgment> {
    const { form, request, query, source } = asked;
    const { check, spec, doors } = this.#parts;
    const name = nameIn(claim);
    if (this.#isBlocked(source, name)) return { kind: "refuse", why: "blocked" };
    const checked = await check.check(claim, form.method, request.url ?? "");
    if (checked.kind === "stale") return { kind: "stale" };
    const entry = checked.kind === "known" ? checked.entry : null;
    if (form.over === "query") {
      const mayAsk = entry?.kind === "token" && entry.scopes.includes("query");
      return mayAsk ? { kind: "query" } : this.#fail(source, name, "credential");
    }
    const door = doorOf(form, query, body, spec.doors, doors);
    if (entry === null) return this.#fail(source, name, "credential");
    if (door === null || !mayOpen(entry, door)) return this.#fail(source, name, "door");
    return { kind: "open", entry, door };
  }

  async #act(asked: Asked, judgment: Judgment): Promise<void> {
    if (judgment.kind === "open") return this.#open(asked, judgment.entry, judgment.door);
    if (judgment.kind === "query") return this.#sayWhoMayBeCalled(asked);
    if (judgment.kind === "stale") return this.#challenge(asked, true);
    if (judgment.why !== "blocked") this.#setChallenge(asked, false);
    this.#refuse(asked, judgment.why);
  }

  async #open(asked: Asked, entry: AccessEntry, door: DoorId): Promise<void> {
    const { over } = asked.form;
    const who = `${entry.kind} ${entry.name}`;
    const outcome = await this.#parts.desk.command(who, { kind: "access", door, by: "http" });
    if (outcome.ok && over !== "query") this.#parts.opened(over, door, who);
    if (outcome.ok) send(asked, 200, { ok: true });
    else send(asked, outcome.code === "refused" ? 409 : 503, outcome);
  }

  #sayWhoMayBeCalled(asked: Asked): void {
    const { query } = asked;
    const canCall = this.#parts.canCall((query.get("person") ?? "") as PersonId, (query.get("door") ?? "") as DoorId);
    send(asked, 200, { ok: true, canCall });
  }

  #isBlocked(source: string, name: string | null): boolean {
    if (this.#guard.blockedMs("source", source) !== null) return true;
    return name !== null && this.#guard.blockedMs("account", name) !== null;
  }

  /** A wrong door counts like a wrong password: were it not to, whoever tries would learn which of the two was wrong. */
  #fail(source: string, name: string | null, why: "credential" | "door"): Judgment {
    this.#guard.fail("source", source);
    if (name !== null) this.#guard.fail("account", name);
    return { kind: "refuse", why };
  }

  #refuse(asked: Asked, why: RefusalCause): void {
    this.#parts.refused(asked.form.over, why);
    const { status, code, problem } = answers[why];
    if (status === 429) asked.response.setHeader("Retry-After", this.#retrySeconds(asked));
    send(asked, status, { ok: false, code, problem });
  }

  #retrySeconds({ source }: Asked): number {
    return Math.ceil((this.#guard.blockedMs("source", source) ?? usualWaitMs) / 1000);
  }

  /** Nobody has said who they are, or only to an old challenge: no try, and nothing for the record. */
  #challenge(asked: Asked, stale: boolean): void {
    this.#setChallenge(asked, stale);
    const { status, code, problem } = refusal;
    send(asked, status, { ok: false, code, problem });
  }

  #setChallenge({ form, response }: Asked, stale: boolean): void {
    if (form.over === "bearer" || form.over === "query") response.setHeader("WWW-Authenticate", "Bearer");
    if (form.over !== "httpAuth" && form.over !== "relayTrigger") return;
    const { check } = this.#parts;
    const digest = check.offersDigest() ? check.digest.challenges(stale) : [];
    response.setHeader("WWW-Authenticate", [...digest, 'Basic realm="Postern", charset="UTF-8"']);
  }

  #isAllowed(address: string): boolean {
    const plain = plainAddress(address);
    return this.#allowed.check(plain, isIP(plain) === 6 ? "ipv6" : "ipv4");
  }
}

const nameIn = (claim: Claim): string | null => {
  if (claim.kind === "password") return claim.name;
  return claim.kind === "digest" ? claim.answer.username : null;
};

function mayOpen(entry: AccessEntry, door: DoorId): boolean {
  if (entry.kind === "token" && !entry.scopes.includes("open")) return false;
  return entry.doors === null || entry.doors.includes(door);
}

function allowList(addresses: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of addresses) {
    const [address = "", bits] = entry.split("/");
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (bits === undefined) list.addAddress(address, family);
    else list.addSubnet(address, Number(bits), family);
  }
  return list;
}

/** The other forms' clients look for `retcode`. */
function send({ form, response }: Asked, status: number, body: ApiAnswer): void {
  const text = JSON.stringify(isCompatible(form.over) ? { ...body, retcode: body.ok ? 0 : -1 } : body);
  response.writeHead(status, {
    "Content-Type": "application/json; charset=utf-8",
    "Content-Length": Buffer.byteLength(text),
  });
  response.end(text);
}
