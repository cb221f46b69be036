// Finds what is wrong together in what machines may ask over the network; knows no wire.
import { isIP } from "node:net";
import { authorityOf, isHostAllowed, strangeVariables, variables } from "../domain/action-text.ts";
import { nearest } from "./nearest.ts";
import type { Finding, Step } from "./problem.ts";
import { shortValue } from "./problem.ts";
import type { Salvage } from "./salvage.ts";
import type { Config } from "./schema.ts";

export function networkFindings({ httpOpening, actions, actionHosts, cloud }: Salvage): readonly Finding[] {
  return [
    ...cloudFindings(cloud),
    ...fromAnywhere(httpOpening),
    ...strangeAddresses(httpOpening),
    ...actions.flatMap((action, n) => actionFindings(action, n, actionHosts)),
  ];
}

/** Allowed, and worth a second look. */
export function networkWarnings({ httpOpening: { modes } }: Config): readonly Finding[] {
  const n = modes.indexOf("legacyQuery");
  if (n < 0) return [];
  const problem = "Its password stands in the address, which browsers, proxies and logs of other machines keep.";
  const remedy = "Use httpAuth or bearer wherever the other side can.";
  return [{ steps: ["httpOpening", "modes", n], value: "legacyQuery", problem, remedy }];
}

function cloudFindings(cloud: Salvage["cloud"]): readonly Finding[] {
  if (cloud === null) return [];
  return [...inTheOpen(cloud), ...halfAnAccount(cloud)];
}

type Cloud = NonNullable<Salvage["cloud"]>;

/** Whoever stands in between could read who passes where, and hold it all back. */
function inTheOpen({ broker }: Cloud): readonly Finding[] {
  const { protocol, hostname } = new URL(broker ?? "mqtts://unnamed");
  if (protocol === "mqtts:" || ["127.0.0.1", "localhost", "[::1]"].includes(hostname)) return [];
  const problem = "mqtt:// does not encrypt, and is taken for a broker on this machine only.";
  return [{ steps: ["cloud", "broker"], value: broker, problem, remedy: `Write "mqtts://${hostname}:8883".` }];
}

function halfAnAccount({ user, passwordFile }: Cloud): readonly Finding[] {
  if ((user ?? null) === null) {
    if ((passwordFile ?? null) === null) return [];
    const problem = "A password without a user's name opens nothing.";
    return [{ steps: ["cloud", "user"], value: null, problem, remedy: 'Name the user, or take "passwordFile" out.' }];
  }
  if ((passwordFile ?? null) !== null) return [];
  const problem = "A broker wants a password with a user's name.";
  return [{ steps: ["cloud", "passwordFile"], value: null, problem, remedy: "Name the file that it stands in." }];
}

type Opening = Salvage["httpOpening"];

function fromAnywhere({ modes, addresses }: Opening): readonly Finding[] {
  const n = modes?.indexOf("legacyQuery") ?? -1;
  if (n < 0 || addresses === undefined || addresses.length > 0) return [];
  const problem = "Nothing could ask in this form, for it names no address from where.";
  return [
    {
      steps: ["httpOpening", "modes", n],
      value: "legacyQuery",
      problem,
      remedy: 'List who may in "addresses", or use httpAuth.',
    },
  ];
}

function strangeAddresses({ addresses = [] }: Opening): readonly Finding[] {
  return addresses.flatMap((value, n) => {
    const [address = "", bits] = value.split("/");
    const family = isIP(address);
    const mostBits = family === 6 ? 128 : 32;
    if (family !== 0 && (bits === undefined || Number(bits) <= mostBits)) return [];
    const remedy = 'Write one such as "192.168.1.20", or a network such as "192.168.1.0/24".';
    return [{ steps: ["httpOpening", "addresses", n], value, problem: "This is no IP address or network.", remedy }];
  });
}

type Action = Salvage["actions"][number];

function actionFindings(action: Action, n: number, hosts: Salvage["actionHosts"]): readonly Finding[] {
  const { url, body, method, headers = [] } = action;
  const at = (...steps: Step[]): readonly Step[] => ["actions", n, ...steps];
  const findings: Finding[] = [];
  if (url !== undefined) findings.push(...urlFindings(url, at("url"), hosts), ...variableFindings(url, at("url")));
  if (typeof body === "string") findings.push(...variableFindings(body, at("body")));
  if (typeof body === "string" && method === "GET") {
    const problem = "A GET has no body.";
    findings.push({ steps: at("body"), value: body, problem, remedy: 'Write "method": "POST", or leave it out.' });
  }
  headers.forEach(({ name }, m) => {
    if (!ownHeaders.includes(name.toLowerCase())) return;
    const remedy =
      name.toLowerCase() === "authorization" ? 'Use "authorizationFile" for it.' : "Leave it out; Postern writes it.";
    findings.push({
      steps: at("headers", m, "name"),
      value: name,
      problem: "This header is not yours to set.",
      remedy,
    });
  });
  return findings;
}

const ownHeaders: readonly string[] = [
  "authorization",
  "connection",
  "content-length",
  "content-type",
  "cookie",
  "expect",
  "host",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
];

function urlFindings(value: string, steps: readonly Step[], hosts: Salvage["actionHosts"]): readonly Finding[] {
  const authority = authorityOf(value);
  const finding = (problem: string, remedy: string): readonly Finding[] => [{ steps, value, problem, remedy }];
  if (authority.includes("@")) {
    return finding("A name and password in an address would end up in logs.", 'Use "authorizationFile" for them.');
  }
  if (authority.includes("$")) {
    return finding("A variable must not choose the host.", "Write the host as it is, and one action for each.");
  }
  const url = URL.parse(value);
  if (url === null) return finding("This is no address.", 'Write one such as "http://192.168.1.30/open".');
  const isUnclear = hosts.includes(undefined);
  if (
    isUnclear ||
    isHostAllowed(
      url,
      hosts.filter((host) => host !== undefined),
    )
  )
    return [];
  return finding("Requests may not go to this host.", `Add ${shortValue(url.host)} to "actionHosts".`);
}

function variableFindings(template: string, steps: readonly Step[]): readonly Finding[] {
  return strangeVariables(template).map((name) => {
    const guess = nearest(name, variables);
    const remedy =
      guess === null
        ? "Write $$ for a dollar sign, or one of the variables in docs/http.md."
        : `Did you mean $${guess}?`;
    return { steps, value: template, problem: `There is no variable ${shortValue(`$${name}`)}.`, remedy };
  });
}
