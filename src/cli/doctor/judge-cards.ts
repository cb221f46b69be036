// Whether readers at pcscd can work: pcscd, the kernel's rival drivers, and the keys of card profiles.
import { keyTrouble } from "../../../hal/linux/pcsc/card-key.ts";
import { daemonTroubles } from "../../../hal/linux/pcsc/daemon-probe.ts";
import type { MachineFacts } from "../../../hal/linux/probe/machine-facts.ts";
import type { Config } from "../../config/schema.ts";
import { boardOf } from "../../config/site.ts";
import type { Finding } from "./finding.ts";
import { broken } from "./finding.ts";

/** They claim readers with a PN533 inside, the ACR122U among them, before pcscd can. */
const rivals = ["pn533_usb", "pn533"];

export function cardFindings(config: Config, facts: MachineFacts, keysDir: string): readonly Finding[] {
  const readers = boardOf(config).readers.flatMap((reader) => (reader.kind === "pcsc" ? [reader] : []));
  if (readers.length === 0) return [];
  return [
    ...daemonTrouble(facts),
    ...rivalTrouble(facts),
    ...readers.flatMap(({ id, profiles }) => {
      const trouble = keyTrouble(keysDir, profiles);
      return trouble === null ? [] : [broken(id, ...partsOf(trouble))];
    }),
  ];
}

function daemonTrouble({ pcscd }: MachineFacts): readonly Finding[] {
  return pcscd === null || pcscd === "answers" ? [] : [broken("pcscd", ...partsOf(daemonTroubles[pcscd]))];
}

function rivalTrouble({ modules }: MachineFacts): readonly Finding[] {
  const loaded = rivals.filter((name) => modules.has(name));
  if (loaded.length === 0) return [];
  return [
    broken(
      "pcscd",
      `The kernel's own driver ${loaded.join(", ")} is loaded and takes readers away from pcscd.`,
      "Write `blacklist pn533_usb`, `blacklist pn533` and `blacklist nfc` into /etc/modprobe.d/postern.conf, and restart the board.",
    ),
  ];
}

/** What is wrong, and after the semicolon what mends it. */
function partsOf(trouble: string): readonly [problem: string, remedy: string] {
  const end = trouble.indexOf("; ");
  const remedy = trouble.slice(end + 2);
  return [`${trouble.slice(0, end)}.`, remedy.charAt(0).toUpperCase() + remedy.slice(1)];
}
