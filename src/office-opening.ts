// Part of the composition root: gathers what an office's process is told, sample people included, and starts it.

import { existsSync } from "node:fs";
import { machineMono } from "../hal/machine-time.ts";
import type { Config } from "./config/schema.ts";
import { actionsOf, consoleOf, httpOpeningOf, siteOf } from "./config/site.ts";
import { watchDirectory } from "./directory-watching.ts";
import { Fault } from "./domain/fault.ts";
import type { CloudSpec, Sample } from "./domain/status.ts";
import { readSubKey } from "./ledger/keys.ts";
import { digestKeyPurpose } from "./office/api/access-secret.ts";
import { version } from "./ops/build.ts";
import { freePort } from "./ops/free-port.ts";
import type { OfficeParts } from "./ops/office-side.ts";
import { OfficeSide } from "./ops/office-side.ts";
import { removeSamples, seedSamples } from "./ops/sample-people.ts";
import type { StatePaths } from "./ops/state-paths.ts";

export interface OfficeOpener
  extends Pick<OfficeParts, "modulePath" | "doors" | "time" | "health" | "restart" | "showEntry"> {
  readonly isSimulatedSite: boolean;
  readonly paths: StatePaths;
  readonly config: Config;
  /** Which run of the machine this is. */
  readonly boot: string;
  readonly wallMs: number;
  /** False once the site was closed while this was under way. */
  readonly isWanted: () => boolean;
}

export async function openOffice(opener: OfficeOpener): Promise<OfficeSide | null> {
  const { paths, config } = opener;
  const samples = await samplesFor(opener);
  const sessionKey = readSubKey(paths, "console session");
  const digestKey = readSubKey(paths, digestKeyPurpose);
  if (sessionKey === null || digestKey === null)
    throw new Fault("keys.missing", "The key of the console is not there.");
  const spec = consoleOf(config);
  const port = opener.isSimulatedSite ? await freePort(spec.host, spec.port) : spec.port;
  if (!opener.isWanted()) return null;
  const office = new OfficeSide({
    ...opener,
    machineMono,
    opening: {
      site: siteOf(config),
      console: { ...spec, port },
      databasePath: paths.database,
      ledgerSocket: paths.ledgerSocket,
      boardSocket: config.board === "simulated" ? paths.boardSocket : null,
      samples,
      actions: {
        list: actionsOf(config),
        hosts: config.actionHosts,
        relays: config.relays.map(({ id }) => id),
        inputs: config.inputs.map(({ id }) => id),
        cursorFile: paths.actionCursor,
        boot: opener.boot,
        version,
      },
      api: {
        opening: httpOpeningOf(config),
        callPermission: config.features.callPermission,
        accessFile: paths.accessFile,
        digestKeyHex: digestKey.toString("hex"),
      },
      cloud: await cloudOf(opener),
      homeAssistant: { spec: config.homeAssistant, memoryFile: paths.homeAssistantMemory },
      sessionKeyHex: sessionKey.toString("hex"),
    },
    entryFile: paths.entryFile,
  });
  const { file } = config.directory;
  const { ledgerSocket } = paths;
  if (file !== null) watchDirectory({ ...opener, file, ledgerSocket, site: siteOf(config) });
  return office;
}

async function cloudOf(opener: OfficeOpener): Promise<CloudSpec | null> {
  const { paths, boot } = opener;
  const cloud = await chosenCloud(opener);
  if (cloud === null) return null;
  const { maxDirectoryAgeHours: _, ...spec } = cloud;
  const isWatchedOver = process.env["INVOCATION_ID"] !== undefined;
  return { ...spec, identityFile: paths.identityFile, boot, version, isWatchedOver };
}

/** Nobody writes a configuration for the simulated site: once it is paired, it has a cloud. */
async function chosenCloud({ config, paths, isSimulatedSite }: OfficeOpener): Promise<Config["cloud"]> {
  if (config.cloud !== null || !isSimulatedSite || !existsSync(paths.identityFile)) return config.cloud;
  return (await import("./config/cloud-schema.ts")).cloudSchema.parse({});
}

async function samplesFor({ isSimulatedSite, paths, config, wallMs }: OfficeOpener): Promise<readonly Sample[]> {
  if (!isSimulatedSite) {
    await removeSamples(paths.ledgerSocket);
    return [];
  }
  const key = readSubKey(paths, "sample people");
  return key === null ? [] : seedSamples(siteOf(config), key, wallMs, paths.ledgerSocket);
}
