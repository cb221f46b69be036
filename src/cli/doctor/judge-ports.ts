// Whether the ports and devices that readers hang on are there, and may be opened.
import type { MachineFacts } from "../../../hal/linux/probe/machine-facts.ts";
import type { Config, ReaderConfig } from "../../config/schema.ts";
import type { Finding } from "./finding.ts";
import { broken } from "./finding.ts";

/** Every path that must be looked at for this configuration. */
export const pathsOf = (config: Config): readonly string[] =>
  devicesOf(config).flatMap((device) => pathOf(device) ?? []);

type PortDevice = ReaderConfig | Config["rs485"][number];

const devicesOf = ({ readers, rs485 }: Config): readonly PortDevice[] => [...readers, ...rs485];

function pathOf(device: PortDevice): string | null {
  if ("port" in device) return `/dev/${device.port}`;
  if (!("kind" in device) || (device.kind !== "keyboard" && device.kind !== "camera")) return null;
  // What libcamera takes has no one path.
  return device.device === "libcamera" ? null : `/dev/${device.device}`;
}

export function portFindings(config: Config, facts: MachineFacts): readonly Finding[] {
  return devicesOf(config).flatMap((reader) => {
    const path = pathOf(reader);
    return path === null ? [] : [...stateTrouble(reader.id, path, facts), ...consoleTrouble(reader.id, path, facts)];
  });
}

function stateTrouble(id: string, path: string, { paths }: MachineFacts): readonly Finding[] {
  switch (paths.get(path) ?? "missing") {
    case "ready":
      return [];
    case "missing":
      return [
        broken(
          id,
          `There is no ${path}.`,
          `Plug the reader in, and see what appears in /dev and /dev/serial/by-id; name that port.`,
        ),
      ];
    case "forbidden":
      return [
        broken(
          id,
          `${path} may not be opened.`,
          `Add Postern's user to the group ${groupOf(path)}, and start it again.`,
        ),
      ];
    case "busy":
      return [broken(id, `${path} is held by another program.`, `Find it with \`fuser -v ${path}\`, and end it.`)];
  }
}

function groupOf(path: string): string {
  if (path.startsWith("/dev/input")) return "input";
  return path.startsWith("/dev/video") ? "video" : "dialout";
}

/** A login on the same port answers the reader with its prompt, and takes its codes for names. */
function consoleTrouble(id: string, path: string, { commandLine }: MachineFacts): readonly Finding[] {
  const name = path.slice("/dev/".length);
  const names = name === "serial0" ? ["serial0", "ttyAMA0", "ttyS0"] : [name];
  if (!names.some((one) => new RegExp(`\\bconsole=${one}\\b`).test(commandLine))) return [];
  return [
    broken(
      id,
      `The kernel's console runs on ${path}.`,
      "Take its console=… out of cmdline.txt, switch off serial-getty on it, and restart the board.",
    ),
  ];
}
