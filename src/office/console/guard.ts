// Which Host and Origin a request may carry, and which addresses may be listened on; pure, against DNS rebinding.
import { isIP } from "node:net";

export interface Listening {
  readonly host: string;
  readonly port: number;
  readonly secure: boolean;
  /** This machine's own names, allowed when the console listens on every address. */
  readonly machineNames: readonly string[];
}

const loopbackNames = ["localhost", "127.0.0.1", "[::1]"];

export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return isIP(host) === 4 && host.startsWith("127.");
}

export const isWildcard = (host: string): boolean => host === "0.0.0.0" || host === "::";

/** How a host is written in an address: version 6 in brackets. */
export const hostInUrl = (host: string): string => (isIP(host) === 6 ? `[${host}]` : host);

/** `local` is the address at which the connection arrived: a number cannot be rebound, so it may be named. */
export function hostAllowed(header: string | undefined, listening: Listening, local: string): boolean {
  if (header === undefined) return false;
  const host = header.toLowerCase();
  return allowedNames(listening, local).some(
    (name) => host === authority(name, listening) || host === bare(name, listening),
  );
}

/** A POST must come from our own page: browsers always say from where. */
export function originAllowed(origin: string | undefined, host: string, listening: Listening): boolean {
  return origin === ownOrigin(host, listening);
}

/** Our own pages' origin, under the name that a request used. */
export const ownOrigin = (host: string, { secure }: Listening): string =>
  `${secure ? "https" : "http"}://${host.toLowerCase()}`;

function allowedNames(listening: Listening, local: string): readonly string[] {
  const address = local.replace(/^::ffff:/, "");
  const names = [hostInUrl(listening.host.toLowerCase())];
  if (isLoopback(address)) names.push(...loopbackNames);
  if (isWildcard(listening.host)) {
    names.push(hostInUrl(address));
    for (const name of listening.machineNames) names.push(name.toLowerCase(), `${name.toLowerCase()}.local`);
  }
  return names;
}

const authority = (name: string, listening: Listening): string => `${name}:${listening.port}`;

/** Browsers leave out the port that the scheme implies. */
function bare(name: string, listening: Listening): string | null {
  return listening.port === (listening.secure ? 443 : 80) ? name : null;
}
