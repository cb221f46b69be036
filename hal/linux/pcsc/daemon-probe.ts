// Asks pcscd whether it answers, over its socket and without its library, whose calls wait in native code for as long as it does not.
import { connect } from "node:net";

/** pcsc-lite's CMD_VERSION and the protocol that this side speaks; any version's answer says that it is alive. */
const commandVersion = 0x11;
const protocol = { major: 4, minor: 4 };
const answerBytes = 12;

export type DaemonState = "answers" | "silent" | "absent" | "refuses";

/** What is wrong, and what mends it. */
export const daemonTroubles: Readonly<Record<Exclude<DaemonState, "answers">, string>> = {
  absent: "pcscd does not run; start it with `systemctl start pcscd.socket`, or install the package pcscd.",
  silent: "pcscd does not answer; if it stays so, restart it with `systemctl restart pcscd`.",
  refuses:
    "pcscd refuses this user; allow it the actions access_pcsc and access_card of org.debian.pcsc-lite in polkit.",
};

export const daemonSocket = (): string => process.env["PCSCLITE_CSOCK_NAME"] ?? "/run/pcscd/pcscd.comm";

export function probeDaemon(path: string, patienceMs: number): Promise<DaemonState> {
  return new Promise((resolve) => {
    const socket = connect(path);
    let heard = 0;
    const done = (state: DaemonState): void => {
      clearTimeout(patience);
      socket.destroy();
      resolve(state);
    };
    const patience = setTimeout(() => done("silent"), patienceMs);
    socket.on("connect", () => socket.write(question()));
    socket.on("data", (bytes) => {
      heard += bytes.length;
      if (heard >= answerBytes) done("answers");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => done(troubles[error.code ?? ""] ?? "absent"));
    socket.on("close", () => done("refuses"));
  });
}

/** EAGAIN: more wait to be let in already than its queue holds. */
const troubles: Readonly<Record<string, DaemonState>> = { EACCES: "refuses", EAGAIN: "silent" };

/** In the machine's own byte order, as it never leaves the machine: little-endian on all that Postern runs on. */
function question(): Buffer {
  const words = [answerBytes, commandVersion, protocol.major, protocol.minor, 0];
  const bytes = Buffer.alloc(4 * words.length);
  for (const [place, word] of words.entries()) bytes.writeUInt32LE(word, 4 * place);
  return bytes;
}
