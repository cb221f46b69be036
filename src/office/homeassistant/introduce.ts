// Tells a broker what there is, and takes back what there is no more; each step is remembered before it is taken.
import type { BrokerSession } from "./broker-session.ts";
import type { HomeMemory } from "./home-memory.ts";
import type { Kept, Place } from "./memory-file.ts";
import type { Components, Discovery, Platform } from "./plan-discovery.ts";
import { discoveryPayload } from "./plan-discovery.ts";

/** True when the broker has all of it. `topics` are those that will be told and kept. */
export async function introduce(
  session: BrokerSession,
  memory: HomeMemory,
  {
    place,
    discovery,
    topics,
  }: { readonly place: Place; readonly discovery: Discovery; readonly topics: readonly string[] },
): Promise<boolean> {
  const before = memory.of(place) ?? { place, components: {}, topics: [] };
  const components = platformsOf(discovery.components);
  const gone = missingFrom(components, before.components);
  const goneTopics = before.topics.filter((topic) => !topics.includes(topic));
  const all = { place, components: { ...gone, ...components }, topics: [...topics, ...goneTopics] };
  if (!memory.keep(all)) {
    session.end("The disk does not take the note of what the broker will keep.");
    return false;
  }
  if (Object.keys(gone).length > 0 && !(await tell(session, discovery.topic, discoveryPayload(discovery, gone))))
    return false;
  if (!(await tell(session, discovery.topic, discoveryPayload(discovery, {})))) return false;
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
