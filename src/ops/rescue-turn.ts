// Takes a state folder for a controller: whoever only works its doors in the meantime is asked to lock them and end.
import { setTimeout } from "node:timers/promises";
import { Fault } from "../domain/fault.ts";
import type { ControlSocket } from "./control-socket.ts";
import { serveControl } from "./control-socket.ts";
import { askSocket } from "./line-client.ts";

/** What only a rescue answers. */
export const endRescueQuestion = "endRescue";

const patienceMs = 5_000;
const lookEveryMs = 20;

export async function takeFolder(path: string, answer: (question: unknown) => unknown): Promise<ControlSocket> {
  const giveUpAt = performance.now() + patienceMs;
  let isEnding = false;
  for (;;) {
    try {
      return await serveControl(path, answer);
    } catch (error) {
      const isInUse = error instanceof Fault && error.code === "state.inUse";
      if (!isInUse || performance.now() > giveUpAt) throw error;
      isEnding ||= await endRescue(path);
      if (!isEnding) throw error;
    }
    await setTimeout(lookEveryMs);
  }
}

async function endRescue(path: string): Promise<boolean> {
  try {
    const reply = await askSocket<{ readonly ended?: boolean }>(path, { kind: endRescueQuestion }, patienceMs);
    return reply.ended === true;
  } catch {
    return false;
  }
}
