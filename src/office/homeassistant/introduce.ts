// Tells a broker what there is, and takes back what there is no more; each step is remembered before it is taken.
import type { BrokerSession } from "./broker-session.ts";
import type { HomeMemory } from "./home-memory.ts";
import type { Kept, Place } from "./memory-file.ts";
import type { Components, Discovery, Platform } from "./plan-discovery.ts";
import { discoveryPayload } from "./plan-discovery.ts";

export interface Introduction {
  readonly place: Place;
  readonly discovery: Discovery;
  /** Those that will be kept, the discovery first. */
  readonly topics: readonly string[];
}

/** False when the disk does not take the note; then the broker must not be called. */
export function remember(memory: HomeMemory, { place, discovery, topics }: Introduction): boolean {
  const before = memory.of(place) ?? { components: {}, topics: [] };
  return memory.keep({
    place,
    components: { ...before.components, ...platformsOf(discovery.components) },
    topics: [...new Set([...topics, ...before.topics])],
  });
}

/** True when the broker has all of it. */
export async function introduce(session: BrokerSession, memory: HomeMemory, all: Introduction): Promise<boolean> {
  const { place, discovery, topics } = all;
  const before = memory.of(place) ?? { components: {}, topics: [] };
  const components = platformsOf(discovery.components);
  const gone = missingFrom(components, before.components);
  const isAnyGone = Object.keys(gone).length > 0;
  if (isAnyGone && !(await tell(session, discovery.topic, discoveryPayload(discovery, gone)))) return false;
  if (!(await tell(session, discovery.topic, discoveryPayload(discovery, {})))) return false;
  const goneTopics = before.topics.filter((topic) => !topics.includes(topic));
  for (const topic of goneTopics) if (!(await tell(session, topic, ""))) return false;
  memory.keep({ place, components, topics });
  return true;
}

/** True when the broker keeps nothing of this controller any more. */
export async function takeBack(session: BrokerSession, memory: HomeMemory, { place, topics }: Kept): Promise<boolean> {
  for (const topic of topics) if (!(await tell(session, topic, ""))) return false;
  return memory.forget(place);
}

const tell = (session: BrokerSession, topic: string, payload: string): Promise<boolean> =>
  session.publish(topic, payload, { retain: true });

const platformsOf = (components: Components): Readonly<Record<string, Platform>> =>
  Object.fromEntries(Object.entries(components).map(([name, { platform }]) => [name, platform]));

const missingFrom = (
  now: Readonly<Record<string, Platform>>,
  before: Readonly<Record<string, Platform>>,
): Readonly<Record<string, Platform>> =>
  Object.fromEntries(Object.entries(before).filter(([name]) => !Object.hasOwn(now, name)));
