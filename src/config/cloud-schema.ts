// What an installer may write of the cloud; knows no wire.
import { z } from "zod";
import { filePath, text } from "./setting.ts";

export const cloudSchema = z
  .strictObject({
    broker: text(
      /^mqtts?:\/\/([A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(:[1-9]\d{0,4})?$/,
      "Write mqtts://, the host and its port.",
      "address",
      "mqtts://broker.example:8883",
    )
      .nullable()
      .default(null)
      .describe("Where the MQTT 5 broker is; null goes where pairing said. mqtt:// is taken for loopback only."),
    caFile: filePath("/etc/postern/broker-ca.crt")
      .nullable()
      .default(null)
      .describe(
        "The authorities that the broker's certificate may come from, as PEM; null takes what pairing said, or the system's.",
      ),
    user: text(/^[\x21-\x7e]{1,128}$/, "Write 1 to 128 plain characters.", "name", "hof-12/gate-1")
      .nullable()
      .default(null)
      .describe("The name at the broker, where it wants a password instead of the certificate from pairing."),
    passwordFile: filePath("/etc/postern/broker.secret")
      .nullable()
      .default(null)
      .describe("A file that others cannot read, with that user's password in it."),
    mayOpen: z
      .boolean()
      .default(true)
      .describe(
        "Whether the cloud may open doors, hold them open, and end lockdowns and fire releases; it may always lock.",
      ),
    maxDirectoryAgeHours: z
      .int()
      .min(1)
      .max(8_760)
      .nullable()
      .default(null)
      .describe(
        "After so many hours without a sign of the issuer, what the cloud gave out opens no more: a revocation may have been withheld. null goes on for ever.",
      ),
  })
  .describe("The link to a cloud; it works once this controller was paired with `postern join`.");
