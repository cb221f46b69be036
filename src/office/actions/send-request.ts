// Sends one HTTP request to an allowed host and tells how it ended: no redirects, no proxy, nothing kept of the answer.

import type { LookupAddress, LookupAllOptions } from "node:dns";
import { lookup } from "node:dns";
import { readFileSync, statSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import { BlockList, isIP } from "node:net";
import { isHostAllowed } from "../../domain/action-text.ts";
import type { SendOutcome } from "./action-queue.ts";

export interface OutgoingRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
  readonly authorizationFile: string | null;
  readonly timeoutMs: number;
}

const maxAnswerBytes = 65_536;
const maxSecretBytes = 4_096;

export async function sendRequest(outgoing: OutgoingRequest, hosts: readonly string[]): Promise<SendOutcome> {
  const url = URL.parse(outgoing.url);
  if (url === null || !isHostAllowed(url, hosts)) return { ok: false, why: "hostNotAllowed" };
  const secret = outgoing.authorizationFile === null ? null : readAuthorization(outgoing.authorizationFile);
  if (secret === undefined) return { ok: false, why: "secretMissing" };
  const headers = { ...outgoing.headers, ...(secret === null ? {} : { authorization: secret }) };
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(outgoing.timeoutMs);
    const send = url.protocol === "https:" ? httpsRequest : httpRequest;
    const sent = send(url, { method: outgoing.method, headers, agent: false, lookup: guardedLookup, signal });
    let outcome: SendOutcome | null = null;
    sent.on("response", (response) => {
      // The status is all that counts, however the rest ends.
      outcome = outcomeOf(response.statusCode ?? 0);
      let bytes = 0;
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > maxAnswerBytes) sent.destroy();
      });
      response.on("error", () => {});
    });
    sent.on("error", () => {});
    sent.on("close", () => resolve(outcome ?? { ok: false, why: signal.aborted ? "timedOut" : "unreachable" }));
    sent.end(outgoing.body ?? undefined);
  });
}

function outcomeOf(status: number): SendOutcome {
  if (status >= 200 && status < 300) return { ok: true };
  return { ok: false, why: status >= 300 && status < 400 ? "redirected" : "answeredError" };
}

/** `name:password`, or a whole value such as `Bearer …`; undefined when it cannot be had or others may read it. */
function readAuthorization(path: string): string | undefined {
  try {
    const { mode, size } = statSync(path);
    if ((mode & 0o007) !== 0 || size > maxSecretBytes) return undefined;
    const text = readFileSync(path, "utf8").trim();
    if (text === "" || /[^\x20-\x7e]/.test(text)) return undefined;
    return /^(Basic|Bearer) /.test(text) ? text : `Basic ${Buffer.from(text).toString("base64")}`;
  } catch {
    return undefined;
  }
}

const ourselves = new BlockList();
ourselves.addSubnet("0.0.0.0", 8, "ipv4");
ourselves.addSubnet("127.0.0.0", 8, "ipv4");
ourselves.addSubnet("169.254.0.0", 16, "ipv4");
ourselves.addSubnet("224.0.0.0", 3, "ipv4");
ourselves.addSubnet("::", 127, "ipv6");
ourselves.addSubnet("fe80::", 10, "ipv6");
ourselves.addSubnet("ff00::", 8, "ipv6");

type Resolve = (
  name: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/** A name is allowed for what it stands for: whoever answers for it must not turn it into this machine itself. */
export const guardLookup =
  (resolve: Resolve): LookupFunction =>
  (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return done(error, [], 0);
      const addresses = found.filter((one) => hostname === "localhost" || !isOurself(one));
      const [first] = addresses;
      if (first === undefined) return done(new Error("The name stands for no address of another machine."), [], 0);
      if (options.all === true) done(null, addresses);
      else done(null, first.address, first.family);
    });
  };

const guardedLookup = guardLookup(lookup);

const isOurself = ({ address }: LookupAddress): boolean =>
  ourselves.check(address, isIP(address) === 6 ? "ipv6" : "ipv4");
