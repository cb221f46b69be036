// The texts of outgoing requests: addresses and bodies with variables in them, and which hosts they may go to; pure.

/** Named as the product line names them, with ours beside them. */
export const variables = [
  "mac",
  "ip",
  "model",
  "firmware",
  "active_user",
  "code",
  "card_sn",
  "open_type",
  "alarmstatus",
  "relay_id",
  "action",
  "door",
  "event",
  "input",
  "named",
  "reason",
  "seq",
  "time",
] as const;
export type Variable = (typeof variables)[number];

/** `$relay1status` is the first relay's, `$input2status` the second input's, in the order of the configuration. */
const statusPattern = /^(relay|input)([1-9]\d{0,2})status$/;
/** `$$` is a dollar sign. */
const variablePattern = /\$(\$|[a-z][a-z0-9_]*)?/g;

export interface Values {
  readonly plain: Readonly<Record<Variable, string>>;
  /** By number, from 0 on; empty where it is not known. */
  readonly relays: readonly string[];
  readonly inputs: readonly string[];
}

/** What in a text stands for nothing, such as `cardsn`. */
export function strangeVariables(template: string): readonly string[] {
  return [...template.matchAll(variablePattern)].flatMap(([, name = ""]) => {
    if (name === "$" || statusPattern.test(name) || (variables as readonly string[]).includes(name)) return [];
    return [name];
  });
}

export function fillIn(template: string, values: Values, encode: (value: string) => string): string {
  return template.replace(variablePattern, (_, name: string | undefined) => {
    if (name === "$") return "$";
    const [, kind, number] = statusPattern.exec(name ?? "") ?? [];
    if (kind === "relay") return encode(values.relays[Number(number) - 1] ?? "");
    if (kind === "input") return encode(values.inputs[Number(number) - 1] ?? "");
    return encode(values.plain[name as Variable] ?? "");
  });
}

/** Characters of a JSON string, without its quotes. */
export const jsonText = (value: string): string => JSON.stringify(value).slice(1, -1);

export const isJsonText = (template: string): boolean => /^\s*[{[]/.test(template);

/** What a POST says when the site does not say what. */
export const usualBody =
  '{"event":"$event","seq":"$seq","time":"$time","action":"$action","named":"$named","door":"$door","input":"$input","user":"$active_user","by":"$open_type","reason":"$reason"}';

/** The part of an address that says whom to ask. */
export const authorityOf = (url: string): string => /^https?:\/\/([^/?#]*)/.exec(url)?.[1] ?? "";

/** An entry without a port means the one that the address's scheme implies. */
export function isHostAllowed(url: URL, hosts: readonly string[]): boolean {
  if (url.protocol !== "http:" && url.protocol !== "https:") return false;
  return hosts.some((entry) => URL.parse(`${url.protocol}//${entry}`)?.host === url.host);
}
