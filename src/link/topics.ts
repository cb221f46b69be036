// Where each message of the cloud's link is published: docs/mqtt.md. Knows no broker.

/** Which controller of which site. */
export interface Address {
  readonly site: string;
  readonly controller: string;
}

/** What a site or controller may be called: it stands in topics and in certificates. */
export const namePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;
const askerPattern = /^[A-Za-z0-9_-]{1,40}$/;
const root = "postern/1";

export const downPlaces = ["down/ack", "down/beacon", "down/directory", "down/command", "down/keys"] as const;

export type DownPlace = (typeof downPlaces)[number];

export const topicOf = ({ site, controller }: Address, place: string): string =>
  `${root}/${site}/${controller}/${place}`;

/** Where answers go when nobody said where. */
export const anybody = "all";

export const resultTopic = (address: Address, asker: string): string => topicOf(address, `result/${asker}`);

/** Who asked, when the answer may go there: to a place of the controller's own. */
export function askerOf(address: Address, responseTopic: string | undefined): string | null {
  if (responseTopic === undefined) return anybody;
  const prefix = topicOf(address, "result/");
  const asker = responseTopic.startsWith(prefix) ? responseTopic.slice(prefix.length) : "";
  return askerPattern.test(asker) ? asker : null;
}

/** Whose topic it is and what stands below the base; null of any other topic. */
export function readTopic(topic: string): (Address & { readonly place: string }) | null {
  const [product, version, site = "", controller = "", ...rest] = topic.split("/");
  if (`${product}/${version}` !== root || rest.length === 0) return null;
  if (!namePattern.test(site) || !namePattern.test(controller)) return null;
  return { site, controller, place: rest.join("/") };
}
