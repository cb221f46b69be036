// The link as an AsyncAPI document, drawn from the schemas by which its messages are read.
import { z } from "zod";
import { downPlaceOf, downSchemas } from "./down-messages.ts";
import { joinSchemas, joinTopic } from "./pairing/join-messages.ts";
import { upPlaceOf, upSchemas } from "./up-messages.ts";

const parameters = {
  site: { description: "The site's name." },
  controller: { description: "The controller's name." },
};
const asker = { asker: { description: "Who asked, or `all`." } };
const retained = new Set(["state", "gone", "beacon"]);

type Schemas = Readonly<Record<string, z.ZodType>>;

interface Side {
  readonly schemas: Schemas;
  readonly placeOf: Readonly<Record<string, string>>;
  /** Seen from the controller, as AsyncAPI wants it. */
  readonly action: "send" | "receive";
}

const sides: readonly Side[] = [
  { schemas: upSchemas, placeOf: upPlaceOf, action: "send" },
  { schemas: downSchemas, placeOf: downPlaceOf, action: "receive" },
];

export function asyncApi(): object {
  const messages = Object.fromEntries(sides.flatMap(({ schemas }) => Object.entries(schemas).map(messageOf)));
  const channels: Record<string, { address: string; parameters: object; messages: Record<string, object> }> = {};
  for (const { placeOf } of sides) {
    for (const [kind, place] of Object.entries(placeOf)) {
      const address = `postern/1/{site}/{controller}/${place}${place === "result" ? "/{asker}" : ""}`;
      const named = place === "result" ? { ...parameters, ...asker } : parameters;
      const name = channelName(place);
      channels[name] ??= { address, parameters: named, messages: {} };
      channels[name].messages[kind] = { $ref: `#/components/messages/${kind}` };
    }
  }
  const operations = Object.fromEntries(sides.flatMap(operationsOf));
  for (const side of ["device", "issuer"] as const) {
    const names = Object.keys(joinSchemas[side]).map((kind) => [kind, `join${capital(kind)}`] as const);
    for (const [kind, name] of names) {
      messages[name] = messageOf([kind, (joinSchemas[side] as Schemas)[kind] ?? z.never()])[1];
    }
    const channel = `join${capital(side)}`;
    channels[channel] = {
      address: joinTopic("{channel}", side),
      parameters: { channel: { description: "The first four characters of the code." } },
      messages: Object.fromEntries(names.map(([kind, name]) => [kind, { $ref: `#/components/messages/${name}` }])),
    };
    const action = side === "device" ? "send" : "receive";
    operations[`${action}${capital(channel)}`] = {
      action,
      channel: { $ref: `#/channels/${channel}` },
      messages: names.map(([kind]) => ({ $ref: `#/channels/${channel}/messages/${kind}` })),
      bindings: { mqtt: { qos: 1, retain: false, bindingVersion: "0.2.0" } },
    };
  }
  return {
    asyncapi: "3.0.0",
    info: {
      title: "Postern's cloud link",
      version: "1",
      description: "Seen from a controller. What the messages mean is in mqtt.md.",
    },
    defaultContentType: "application/json",
    channels,
    operations,
    components: { messages },
  };
}

export const asyncApiText = (): string => `${JSON.stringify(asyncApi(), null, 2)}\n`;

const capital = (word: string): string => `${word[0]?.toUpperCase()}${word.slice(1)}`;

const channelName = (place: string): string => place.replace(/\/(\w)/g, (_, letter: string) => letter.toUpperCase());

function messageOf([kind, schema]: [string, z.ZodType]): [string, object] {
  const payload = z.toJSONSchema(schema, { io: "input", target: "draft-7" });
  return [kind, { name: kind, contentType: "application/json", payload }];
}

function operationsOf({ placeOf, action }: Side): [string, object][] {
  const places = [...new Set(Object.values(placeOf))];
  return places.map((place) => {
    const name = channelName(place);
    const channel = `#/channels/${name}`;
    const kinds = Object.keys(placeOf).filter((kind) => placeOf[kind] === place);
    const mqtt = { qos: 1, retain: kinds.some((kind) => retained.has(kind)), bindingVersion: "0.2.0" };
    const messages = kinds.map((kind) => ({ $ref: `${channel}/messages/${kind}` }));
    return [`${action}${capital(name)}`, { action, channel: { $ref: channel }, messages, bindings: { mqtt } }];
  });
}
