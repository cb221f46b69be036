// The main process put together: wires, door loop and the sides of its children, from the configuration to the last record.
import { randomBytes } from "node:crypto";
import { mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { setTimeout as setTimeoutPromise } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Board } from "../hal/board.ts";
import { openBoard } from "../hal/open-board.ts";
import type { SimBoard } from "../hal/sim/board.ts";
import { createLiveClock } from "../hal/sim/clock.ts";
import type { BoardServer } from "../hal/sim/socket.ts";
import { configDigest, saveAccepted } from "./config/accepted.ts";
import type { ConfigProblem } from "./config/problem.ts";
import type { Config } from "./config/schema.ts";
import { boardOf, consoleOf, siteOf } from "./config/site.ts";
import { recallUnderstood, saveUnderstood } from "./config/understood.ts";
import type { JournalEvent } from "./domain/events.ts";
import { Fault } from "./domain/fault.ts";
import type { BootId, RunId } from "./domain/ids.ts";
import type { DoorCommand, Sample } from "./domain/status.ts";
import { DoorLoop } from "./doorloop/loop.ts";
import { buildStamp, version } from "./ops/build.ts";
import type { ControlSocket } from "./ops/control-socket.ts";
import { serveControl } from "./ops/control-socket.ts";
import type { EntryCode } from "./ops/entry-code.ts";
import { freePort } from "./ops/free-port.ts";
import { createHealth } from "./ops/health.ts";
import type { LedgerSide } from "./ops/ledger-side.ts";
import { log } from "./ops/log.ts";
import type { OfficeSide } from "./ops/office-side.ts";
import type { StatePaths } from "./ops/state-paths.ts";
import { statePaths } from "./ops/state-paths.ts";

export interface RunOptions {
  /** Null runs the simulated site that ships with Postern, with its sample people. */
  readonly configPath: string | null;
  readonly stateDir: string;
  readonly keysDir: string | null;
  readonly tracePath: string | null;
  /** Shows the console's one-time code to a person; never to a log. */
  readonly showEntry: (entry: EntryCode, address: string, file: string) => void;
}

export interface Controller {
  readonly stopped: Promise<void>;
  stop(): Promise<void>;
}

/** How long a stopping controller waits for the last events to be on the disk. */
const recordPatienceMs = 2_000;
const officeRetryMs = 2_000;
const simulatedSite = fileURLToPath(new URL("../config.example.json", import.meta.url));
const bootId = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim() as BootId;

export interface ControllerParts {
  readonly options: RunOptions;
  /** What the office's process is started from. */
  readonly modulePath: string;
  readonly startLedger: () => LedgerSide;
  /** One that was started ahead; the site that is opened first takes it. */
  readonly firstLedger: LedgerSide;
}

/** Nothing in the state folder is touched before it is certain that no other controller works in it. */
export async function openController(parts: ControllerParts): Promise<Controller> {
  mkdirSync(parts.options.stateDir, { recursive: true, mode: 0o700 });
  const main = new MainProcess(parts);
  await main.start();
  return main;
}

/** What the command line may ask of the running controller. */
type Question =
  | { readonly kind: "status" | "login" | "reload" }
  | { readonly kind: "command"; readonly command: DoorCommand };

interface Site {
  readonly text: string;
  readonly config: Config;
  readonly board: Board;
  readonly loop: DoorLoop;
  readonly ledger: LedgerSide;
  office: OfficeSide | null;
  readonly boardServer: BoardServer;
  /** What is still on its way to be opened for it must not be. */
  closed: boolean;
}

class MainProcess implements Controller {
  readonly stopped: Promise<void>;
  readonly #parts: ControllerParts;
  readonly #options: RunOptions;
  readonly #paths: StatePaths;
  readonly #clock = createLiveClock({ trusted: true });
  readonly #health = createHealth(
    () => this.#clock.wall(),
    () => this.#site?.office?.publish(),
  );
  #resolveStopped: () => void = () => {};
  #control: ControlSocket | null = null;
  #ledgerAhead: LedgerSide | null;
  #site: Site | null = null;
  /** Starting, reloading and stopping follow one another, whenever they are asked for. */
  #turn: Promise<unknown> = Promise.resolve();
  #stopping = false;

  constructor(parts: ControllerParts) {
    this.#parts = parts;
    this.#options = parts.options;
    this.#paths = statePaths(parts.options.stateDir, parts.options.keysDir);
    this.#ledgerAhead = parts.firstLedger;
    this.stopped = new Promise((resolve) => {
      this.#resolveStopped = resolve;
    });
  }

  async start(): Promise<void> {
    this.#control = await serveControl(this.#paths.controlSocket, (question) => this.#answer(question as Question));
    process.on("uncaughtException", (error) => this.#breakDown(error));
    // A terminal that is closed hangs up; a service is told to reload.
    process.on("SIGHUP", () => (process.stdout.isTTY ? void this.stop() : this.#reloadOnSignal()));
    this.#clock.onChange((change) => {
      const event: JournalEvent =
        change.kind === "stepped" ? { type: "clock.stepped", byMs: change.byMs } : { type: `clock.${change.kind}` };
      this.#site?.loop.note(event);
    });
    try {
      await this.#inTurn(() => this.#open());
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  stop(): Promise<void> {
    this.#stopping = true;
    return this.#inTurn(() => this.#stop());
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #stop(): Promise<void> {
    await this.#close();
    await this.#control?.close();
    this.#control = null;
    rmSync(this.#paths.controlSocket, { force: true });
    this.#resolveStopped();
  }

  async #open(): Promise<void> {
    const file = this.#options.configPath ?? simulatedSite;
    const { folder } = this.#paths;
    const known = recallUnderstood(file, folder, buildStamp);
    const choice = known ?? (await import("./config/choose.ts")).chooseConfig(file, folder);
    if (choice.kind === "none") throw await refusal(file, choice.problems);
    this.#site = await this.#openSite(choice.config, choice.text);
    const { loop } = this.#site;
    this.#doorsChanged();
    if (choice.kind === "accepted") {
      const { message } = await refusal(file, choice.problems);
      log("error", "configuration", `${file} is refused; going on with the last accepted one.\n${message}`);
      this.#noteRefused(file, choice.problems);
      return;
    }
    this.#health.set("configuration", "ok", "");
    if (choice.kind === "file") await this.#keepAccepted(choice.text, choice.config);
    loop.note({ type: "config.accepted", digest: configDigest(choice.text) });
  }

  #noteRefused(file: string, problems: readonly ConfigProblem[]): void {
    const [first] = problems;
    const said = first === undefined ? "" : `${first.path}: ${first.problem}`;
    this.#health.set("configuration", "fault", `${file} is refused: ${said}`);
    this.#site?.loop.note({ type: "config.refused", problems: problems.length, first: said });
  }

  /** A disk that takes no copy is a fault to be seen, not a reason to leave people outside. */
  async #keepAccepted(text: string, config: Config): Promise<void> {
    try {
      await saveAccepted(this.#paths.folder, text);
      await saveUnderstood(this.#paths.folder, buildStamp, text, config);
    } catch (error) {
      log("error", "configuration", whyOf(error));
      this.#health.set("configuration", "fault", whyOf(error));
    }
  }

  async #openSite(config: Config, text: string): Promise<Site> {
    const wires = await openBoard(config.board, boardOf(config), this.#clock);
    const loop = new DoorLoop({
      site: siteOf(config),
      board: await this.#traced(wires, text),
      clock: this.#clock,
      run: randomBytes(9).toString("base64url") as RunId,
      boot: bootId,
      version,
      onChange: () => this.#doorsChanged(),
    });
    for (const part of ["ledger", "office"]) this.#health.set(part, "fault", "is starting");
    const ledgerReady = Promise.withResolvers<void>();
    const ledger = this.#takeLedger();
    ledger.serve(this.#paths, {
      connect: (send) => loop.link.connect(send),
      receive: (message) => {
        loop.link.receive(message);
        if (message.kind !== "ready") return;
        this.#health.set("ledger", "ok", "");
        ledgerReady.resolve();
      },
      lost: (why) => {
        this.#health.set("ledger", "fault", why);
        loop.ledgerLost(why);
      },
    });
    loop.start();
    const { serveBoard } = await import("../hal/sim/socket.ts");
    try {
      const boardServer = await serveBoard(wires, this.#clock, this.#paths.boardSocket);
      const site: Site = { text, config, board: wires, loop, ledger, office: null, boardServer, closed: false };
      void ledgerReady.promise.then(() => this.#tryOffice(site));
      return site;
    } catch (error) {
      loop.stop();
      await ledger.stop();
      throw error;
    }
  }

  #takeLedger(): LedgerSide {
    const ledger = this.#ledgerAhead ?? this.#parts.startLedger();
    this.#ledgerAhead = null;
    return ledger;
  }

  /** Recording writes synchronously, so that a trace holds all that happened before a kill: for diagnosis, not for daily use. */
  async #traced(wires: SimBoard, text: string): Promise<Board> {
    const file = this.#options.tracePath;
    if (file === null) return wires;
    const { recordBoard } = await import("../hal/trace.ts");
    const sink = openSync(file, "a", 0o600);
    const recording = recordBoard(wires, this.#clock, (line) => writeSync(sink, `${line}\n`), {
      version,
      config: text,
    });
    this.#clock.onChange((change) => recording.clockChanged(change));
    return recording;
  }

  async #openOffice(site: Site): Promise<void> {
    if (site.closed) return;
    const samples = this.#options.configPath === null ? await this.#samplesFor(site) : [];
    const { readSubKey } = await import("./ledger/keys.ts");
    const sessionKey = readSubKey(this.#paths, "console session");
    if (sessionKey === null) throw new Fault("keys.missing", "The key that signs console sessions is not there.");
    const spec = consoleOf(site.config);
    const { OfficeSide } = await import("./ops/office-side.ts");
    const port = this.#options.configPath === null ? await freePort(spec.host, spec.port) : spec.port;
    if (site.closed) return;
    const { database, ledgerSocket, boardSocket, entryFile } = this.#paths;
    site.office = new OfficeSide({
      modulePath: this.#parts.modulePath,
      doors: site.loop,
      health: this.#health,
      opening: {
        site: siteOf(site.config),
        console: { ...spec, port },
        databasePath: database,
        ledgerSocket,
        boardSocket,
        samples,
        sessionKeyHex: sessionKey.toString("hex"),
      },
      entryFile,
      showEntry: this.#options.showEntry,
    });
  }

  async #samplesFor(site: Site): Promise<readonly Sample[]> {
    const { seedSamples } = await import("./ops/sample-people.ts");
    const { readSubKey } = await import("./ledger/keys.ts");
    const key = readSubKey(this.#paths, "sample people");
    if (key === null) return [];
    return seedSamples(siteOf(site.config), key, this.#clock.wall(), this.#paths.ledgerSocket);
  }

  #tryOffice(site: Site): void {
    this.#openOffice(site).catch((error) => {
      if (site.closed) return;
      this.#health.set("office", "fault", whyOf(error));
      log("error", "office", whyOf(error));
      setTimeout(() => this.#tryOffice(site), officeRetryMs).unref();
    });
  }

  #doorsChanged(): void {
    if (this.#site !== null) this.#noteBoardHealth(this.#site);
    this.#site?.office?.publish();
  }

  #noteBoardHealth(site: Site): void {
    for (const device of site.board.health()) {
      this.#health.set(device.device, device.state === "ok" ? "ok" : "fault", device.why);
    }
    for (const relay of site.loop.failedRelays()) this.#health.set(relay, "fault", "the relay did not take its level");
  }

  async #answer(question: Question): Promise<unknown> {
    switch (question.kind) {
      case "status":
        return { doors: this.#site?.loop.statuses() ?? [], health: this.#health.facts() };
      case "command":
        if (this.#site === null) return { problem: "The doors are being started; try again." };
        return { problem: this.#site.loop.command(question.command, "command line") ?? undefined };
      case "login": {
        const link = this.#site?.office?.newEntryLink() ?? null;
        return link === null ? { problem: "The console does not run yet; see `postern status`." } : { link };
      }
      case "reload":
        return { outcome: await this.#reload() };
    }
  }

  #reloadOnSignal(): void {
    this.#reload().then(
      (outcome) => log("info", "configuration", outcome),
      (error) => log("error", "configuration", whyOf(error)),
    );
  }

  #reload(): Promise<string> {
    return this.#inTurn(() => this.#reloadNow());
  }

  /** A bad file changes nothing. A good one takes over with every door locked for the blink of an eye in between. */
  async #reloadNow(): Promise<string> {
    const { readConfigFile } = await import("./config/load.ts");
    const file = this.#options.configPath ?? simulatedSite;
    const reading = readConfigFile(file);
    if (!reading.ok) {
      this.#noteRefused(file, reading.problems);
      throw await refusal(file, reading.problems);
    }
    const before = this.#site;
    if (reading.text === before?.text) {
      this.#health.set("configuration", "ok", "");
      return "The configuration has not changed.";
    }
    await this.#close();
    if (this.#stopping) throw new Fault("controller.stopping", "Postern is stopping.");
    try {
      await this.#open();
    } catch (error) {
      await this.#goBackTo(before, error);
    }
    return "The new configuration runs.";
  }

  async #goBackTo(before: Site | null, error: unknown): Promise<never> {
    try {
      if (before !== null) this.#site = await this.#openSite(before.config, before.text);
    } catch (again) {
      this.#breakDown(again);
    }
    const why = `The new configuration could not be started, so the old one runs: ${whyOf(error)}`;
    this.#health.set("configuration", "fault", why);
    throw new Fault("config.notStarted", why, {}, error);
  }

  async #close(): Promise<void> {
    const site = this.#site;
    this.#site = null;
    if (site === null) return;
    site.closed = true;
    site.loop.stop();
    await site.boardServer.close();
    await site.office?.stop();
    const giveUpAt = performance.now() + recordPatienceMs;
    while (site.loop.link.unrecorded() > 0 && performance.now() < giveUpAt) await setTimeoutPromise(10);
    await site.ledger.stop();
    this.#health.clear();
  }

  /** A broken invariant: nothing in this process is to be believed any more, so the doors lock and it ends itself. */
  #breakDown(error: unknown): void {
    log("error", "controller", error instanceof Error ? (error.stack ?? error.message) : String(error));
    this.#site?.loop.stop();
    process.kill(process.pid, "SIGKILL");
  }
}

async function refusal(file: string, problems: readonly ConfigProblem[]): Promise<Fault> {
  const { explainProblems } = await import("./config/explain.ts");
  return new Fault("config.refused", explainProblems(file, problems), { file });
}

const whyOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
