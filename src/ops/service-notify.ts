// Tells the service manager that the doors work, that this process is alive, and that it ends; does nothing where nobody asks.
import { log } from "./log.ts";

export interface ServiceNotify {
  ready(): void;
  stopping(): void;
  end(): void;
}

const unix = 1;
const datagram = 2;
const closeOnExec = 0o2000000;
const noSignal = 0x4000;
/** So often within the time after which a silent service is killed. */
const beatsPerLimit = 3;

type Send = (message: string) => void;

/**
 * A beat is sent from the doors' own event loop: one that hangs sends none. The first one arms the watchdog, so that there is
 * none while a slow board still starts.
 */
export async function openServiceNotify(environment: NodeJS.ProcessEnv): Promise<ServiceNotify> {
  const send = await senderFor(environment["NOTIFY_SOCKET"] ?? "");
  const limitMs = Number(environment["WATCHDOG_USEC"] ?? 0) / 1_000;
  const isWatched = limitMs > 0 && (environment["WATCHDOG_PID"] ?? String(process.pid)) === String(process.pid);
  let timer: NodeJS.Timeout | undefined;
  // The processes that are started from this one are not the service.
  delete environment["NOTIFY_SOCKET"];
  delete environment["WATCHDOG_USEC"];
  return {
    ready: () => {
      send("READY=1");
      if (!isWatched) return;
      send("WATCHDOG=1");
      timer = setInterval(() => send("WATCHDOG=1"), limitMs / beatsPerLimit).unref();
    },
    stopping: () => send("STOPPING=1"),
    end: () => clearInterval(timer),
  };
}

async function senderFor(path: string): Promise<Send> {
  if (path === "") return () => {};
  try {
    return await openSender(path);
  } catch (error) {
    log("error", "service", `The service manager cannot be told: ${error instanceof Error ? error.message : error}`);
    return () => {};
  }
}

/** Node has no datagrams over Unix sockets. */
async function openSender(path: string): Promise<Send> {
  const { default: koffi } = await import("koffi");
  const libc = koffi.load("libc.so.6");
  const socket = libc.func("int socket(int domain, int type, int protocol)");
  const sendTo = libc.func("long sendto(int fd, void *data, size_t size, int flags, void *address, uint length)");
  const fd = socket(unix, datagram | closeOnExec, 0) as number;
  if (fd < 0) throw new Error("no socket could be opened");
  // A name that begins with @ is in the abstract space, where it begins with a zero.
  const name = Buffer.from(path.startsWith("@") ? `\0${path.slice(1)}` : path);
  const address = Buffer.alloc(2 + name.length);
  address.writeUInt16LE(unix, 0);
  name.copy(address, 2);
  return (message) => {
    const bytes = Buffer.from(message);
    sendTo(fd, bytes, bytes.length, noSignal, address, address.length);
  };
}
