// What an installer may write of what machines may ask of Postern over the network; knows no wire.
import { z } from "zod";
import { actionEvents } from "../domain/action.ts";
import { openingModes } from "../domain/http-opening.ts";
import { filePath, id, list, name, second, span, text } from "./setting.ts";

export const httpOpeningSchema = z
  .strictObject({
    modes: list(z.enum(openingModes), 0, openingModes.length)
      .default([])
      .describe(
        "In which forms a machine may open a door; none by default. bearer: POST /v1/doors/ID/open with a token. legacyQuery: GET /fcgi/do with name and password in the address. httpAuth: GET /fcgi/OpenDoor with HTTP Basic or Digest. relayTrigger: POST /api/relay/trig with HTTP Basic or Digest.",
      ),
    addresses: list(
      text(
        /^[0-9A-Fa-f.:]{2,45}(\/\d{1,3})?$/,
        "Write an IP address, or a network with its length.",
        "address",
        "192.168.1.20",
      ),
      0,
      64,
    )
      .default([])
      .describe("From where legacyQuery is taken, for its password stands in the address that is asked for."),
    sessionCheck: z
      .boolean()
      .default(false)
      .describe("Whether whoever opens must be logged in to the console as well, in the same browser."),
    doors: list(id("front"), 0, 64)
      .default([])
      .describe("Which door is meant by number 1, 2 and so on; none takes the doors in the order of this file."),
  })
  .describe("Opening doors by commands over HTTP, at the console's address.");

const headerSchema = z
  .strictObject({
    name: text(/^[A-Za-z0-9-]{1,64}$/, "Write letters, digits and hyphens.", "header", "X-Site").describe("Its name."),
    value: text(
      /^[\x21-\x7e]([\x20-\x7e]{0,254}[\x21-\x7e])?$/,
      "Write 1 to 256 plain characters.",
      "value",
      "casa-olmo",
    ).describe("Its value, as it is; no secret, for this file is not kept like one."),
  })
  .describe("One further header.");

export const actionSchema = z
  .strictObject({
    id: id("gate").describe("How inputs and the record refer to this action."),
    method: z.enum(["GET", "POST"]).default("GET").describe("The HTTP method."),
    url: text(
      /^https?:\/\/[\x21-\x7e]{1,504}$/,
      "Write an address that begins with http:// or https://.",
      "address",
      "http://192.168.1.30/stateFull.xml?relayState=2",
    ).describe(
      "Where the request goes. Behind the host it may hold variables, such as $door; docs/http.md lists them.",
    ),
    body: z
      .string()
      .min(1)
      .max(2000)
      .nullable()
      .default(null)
      .describe(
        "What a POST says, with variables; null says what happened, as JSON. It is sent as JSON when it begins with { or [, and as a form otherwise.",
      ),
    headers: list(headerSchema, 0, 8).default([]).describe("Further headers."),
    authorizationFile: filePath("/etc/postern/gate.secret")
      .nullable()
      .default(null)
      .describe('A file that others cannot read, with "name:password" or a whole "Bearer ..." in it; null sends none.'),
    on: list(z.enum(actionEvents), 0, actionEvents.length)
      .default([])
      .describe(
        "Events that set it off, besides inputs that name it and people whose web relay is its number in this list.",
      ),
    onNamed: list(name("lift-up"), 0, 16)
      .default([])
      .describe("Named events of people that set it off when they are let in."),
    doors: list(id("front"), 0, 64)
      .default([])
      .describe("Only what happens at these doors sets it off; none is all doors."),
    timeoutMs: span(100, 30 * second, "How long the whole request may take.").default(5 * second),
    revealNames: z.boolean().default(false).describe("Whether $active_user is the name and not only the id."),
  })
  .describe("One request that is sent when something happened.");

export const actionHostSchema = text(
  /^([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[1-9]\d{0,4})?$/,
  "Write a host as it stands in the address, with its port where that is not the usual one.",
  "host",
  "192.168.1.30",
);
