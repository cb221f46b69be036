// Whether a request was made by a page of another site, or by a browser ahead of its person; pure.
import type { IncomingHttpHeaders } from "node:http";

/** Whoever is no browser sends none of these. `own` is the console's own origin, such as `https://door.local:8480`. */
export function isCrossSite(headers: IncomingHttpHeaders, own: string): boolean {
  const { origin, referer } = headers;
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "none" && site !== "same-origin") return true;
  if (origin !== undefined && origin !== own) return true;
  if (referer !== undefined && originOf(referer) !== own) return true;
  return isPrefetch(headers["sec-purpose"]) || isPrefetch(headers["purpose"]);
}

/** Fetched in case somebody goes there: an address that is only typed must open nothing. */
const isPrefetch = (purpose: string | string[] | undefined): boolean => /prefetch|prerender/i.test(String(purpose));

function originOf(url: string): string | null {
  try {
    return new URL(url).origin;
  } catch {
    return null;
  }
}
