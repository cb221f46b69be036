// What an installer may write of what machines may ask of Postern over the network; knows no wire.
import { z } from "zod";
import { openingModes } from "../domain/http-opening.ts";
import { id, list, text } from "./setting.ts";

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
