// The office's process: its messages from and to the main process, and its end with it; knows nothing of the console.
import { Fault } from "../domain/fault.ts";
import type { FromOffice, HealthFact, OfficeOpening, ToOffice } from "../domain/status.ts";
import type { ReadPicture } from "./console/picture-request.ts";
import type { ReadCallFacts } from "./directory-port.ts";
import { DoorDesk } from "./door-desk.ts";
import type { OpenJournal } from "./journal-port.ts";
import { type Office, openOffice } from "./office.ts";

export interface OfficeProcess {
  /** The ledger's read-only side of the record. */
  readonly openJournal: OpenJournal;
  readonly readCallFacts: ReadCallFacts;
  readonly readPicture: ReadPicture;
}

export function runOffice({ openJournal, readCallFacts, readPicture }: OfficeProcess): void {
  const send = process.send?.bind(process);
  if (send === undefined) throw new Fault("office.alone", "The office is started by the main process.");
  const tell = (message: FromOffice): void => {
    // The main process may end at any moment; `disconnect` says so.
    if (process.connected) send(message, undefined, undefined, () => {});
  };
  const mono = (): number => Number(process.hrtime.bigint()) / 1e6;
  const desk = new DoorDesk(tell, mono);
  let office: Office | null = null;
  let renewed: Extract<ToOffice, { kind: "code" }> | null = null;
  const open = async (opening: OfficeOpening): Promise<void> => {
    const clock = { wall: () => Date.now(), mono };
    const panelFolder = new URL("./console/panel/", import.meta.url);
    const entered = (): void => tell({ kind: "entered" });
    const tellFacts = (facts: readonly HealthFact[]): void => tell({ kind: "facts", facts });
    const ports = { openJournal, readCallFacts, readPicture, desk, entered, tellFacts, clock, panelFolder };
    office = await openOffice(opening, ports);
    if (renewed !== null) office.renewCode(renewed);
    tell({ kind: "ready", address: office.address });
  };
  process.on("message", (message: ToOffice) => {
    if (message.kind === "ping") tell({ kind: "pong", n: message.n });
    else if (message.kind === "open") open(message.opening).catch(fail);
    else if (message.kind === "commandDone") desk.commandDone(message.n, message.problem);
    else if (message.kind === "logs") desk.logsCame(message.n, message.lines);
    else if (message.kind === "code") {
      renewed = message;
      office?.renewCode(message);
    } else {
      desk.publish(message);
      office?.doorsChanged();
    }
  });
  // Ctrl-C reaches the whole group; the main process says when to stop.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => process.exit(0));
  process.on("disconnect", () => process.exit(0));
}

/** Leaves the main process to start it again. */
function fail(error: unknown): void {
  const code = error instanceof Fault ? `${error.code}: ` : "";
  console.error(`office: ${code}${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
}
