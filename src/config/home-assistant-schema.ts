// What an installer may write of Home Assistant: its broker, and what it may see and do there; knows no topic.
import { z } from "zod";
import { filePath, id, text } from "./setting.ts";

export const homeAssistantSchema = z
  .strictObject({
    broker: text(
      /^mqtts?:\/\/([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[1-9]\d{0,4})?$/,
      "Write mqtts:// or mqtt://, the host, and its port where that is not 8883 or 1883.",
      "broker",
      "mqtts://homeassistant.local",
    ).describe(
      "The MQTT broker that Home Assistant listens at. With mqtt:// everything travels in the open, password included.",
    ),
    caFile: filePath("/etc/postern/broker-ca.crt")
      .nullable()
      .default(null)
      .describe("The authorities, as PEM, that the broker's certificate must come from; null takes the system's."),
    username: text(/^[\x21-\x7e]([\x20-\x7e]{0,62}[\x21-\x7e])?$/, "Write 1 to 64 plain characters.", "name", "postern")
      .nullable()
      .default(null)
      .describe("Postern's own name at the broker; null says none."),
    passwordFile: filePath("/etc/postern/broker.secret")
      .nullable()
      .default(null)
      .describe("A file that others cannot read (mode 0600), with the password of that name in it."),
    discoveryPrefix: text(
      /^[A-Za-z0-9_-]{1,64}(\/[A-Za-z0-9_-]{1,64}){0,3}$/,
      "Write it as it is set in Home Assistant: letters, digits, hyphens, underscores and single slashes.",
      "prefix",
      "homeassistant",
    )
      .default("homeassistant")
      .describe("Where Home Assistant looks for devices; as it is set there."),
    id: id("postern")
      .default("postern")
      .describe("What this controller is called at the broker. Each controller there needs an id of its own."),
    mayOpen: z
      .boolean()
      .default(false)
      .describe(
        "Whether Home Assistant may lock, unlock and open doors. Letting it open means trusting that broker and everyone who may publish on it.",
      ),
    revealDetails: z
      .boolean()
      .default(false)
      .describe(
        "Whether events also say who it was, and why somebody was denied. Everyone who may read at that broker learns it.",
      ),
  })
  .describe("Home Assistant, over an MQTT broker.");
