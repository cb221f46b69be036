// The main process put together: wires, door loop and the sides of its children, from the configuration to the last record.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Board } from "../hal/board.ts";
import type { SiteClock } from "../hal/clock.ts";
import type { BoardServer } from "../hal/sim/socket.ts";
import type { WatchedBoard } from "../hal/watched-board.ts";
import { configDigest, saveAccepted } from "./config/accepted.ts";
import type { ConfigProblem } from "./config/problem.ts";
import type { Config } from "./config/schema.ts";
import { rescueBoardOf, siteOf } from "./config/site.ts";
import { recallUnderstood, saveUnderstood } from "./config/understood.ts";
import { Fault } from "./domain/fault.ts";
import type { BootId, RunId } from "./domain/ids.ts";
import { DoorLoop } from "./doorloop/loop.ts";
import { noteBoardHealth, noteSupplyHealth } from "./ops/board-health.ts";
import { buildStamp, version } from "./ops/build.ts";
import type { ControlSocket } from "./ops/control-socket.ts";
import { drainRecords } from "./ops/drain-records.ts";
import type { FireLatch } from "./ops/fire-latch.ts";
import { openFireLatch } from "./ops/fire-latch.ts";
import { createHealth } from "./ops/health.ts";
import { noteLedgerHealth } from "./ops/ledger-health.ts";
import type { LedgerSide } from "./ops/ledger-side.ts";
import { log } from "./ops/log.ts";
import type { OfficeSide } from "./ops/office-side.ts";
import { takeFolder } from "./ops/rescue-turn.ts";
import type { Controller, RunOptions } from "./ops/run-options.ts";
import type { StatePaths } from "./ops/state-paths.ts";
import { statePaths } from "./ops/state-paths.ts";
import type { SiteQuestion } from "./site-questions.ts";
import { answerSite } from "./site-questions.ts";
import { followClock, timePort } from "./site-time.ts";
import type { SiteWires } from "./site-wires.ts";
import { openWires, orGiveBack } from "./site-wires.ts";

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
type Question = { readonly kind: "status" | "login" | "reload" } | SiteQuestion;

interface Site {
  readonly text: string;
  readonly config: Config;
  readonly board: WatchedBoard;
  readonly clock: SiteClock;
  readonly loop: DoorLoop;
  readonly ledger: LedgerSide;
  office: OfficeSide | null;
  readonly fire: FireLatch;
  boardServer: BoardServer | null;
  /** What is still on its way to be opened for it must not be. */
  closed: boolean;
}

class MainProcess implements Controller {
  readonly stopped: Promise<void>;
  readonly #parts: ControllerParts;
  readonly #options: RunOptions;
  readonly #paths: StatePaths;
  readonly #health = createHealth(
    () => this.#site?.clock.wall() ?? Date.now(),
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
    this.#control = await this.#openControl();
    process.on("uncaughtException", (error) => this.#breakDown(error));
    // A terminal that is closed hangs up; a service is told to reload.
    process.on("SIGHUP", () => (process.stdout.isTTY ? void this.stop() : this.#reloadOnSignal()));
    try {
      await this.#inTurn(() => this.#open());
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** A folder that takes no socket, on a card turned read-only say, must not keep the doors from working. */
  async #openControl(): Promise<ControlSocket | null> {
    try {
      return await takeFolder(this.#paths.controlSocket, (question) => this.#answer(question as Question));
    } catch (error) {
      if (error instanceof Fault) throw error;
      this.#fault("command line", error);
      return null;
    }
  }

  #fault(part: string, error: unknown): void {
    log("error", part, whyOf(error));
    this.#health.set(part, "fault", whyOf(error));
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
    await rm(this.#paths.controlSocket, { force: true }).catch((error) => this.#fault("command line", error));
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
      this.#fault("configuration", error);
    }
  }

  async #openSite(config: Config, text: string): Promise<Site> {
    const wires = await openWires(config, this.#paths, bootId);
    return orGiveBack(wires, () => this.#openOn(wires, config, text));
  }

  async #openOn({ board, clock, serve }: SiteWires, config: Config, text: string): Promise<Site> {
    const fire = openFireLatch(this.#paths.fireFile);
    const loop = new DoorLoop({
      site: siteOf(config),
      board: await this.#traced(board, clock, text),
      clock,
      run: randomBytes(9).toString("base64url") as RunId,
      boot: bootId,
      version,
      onChange: () => this.#doorsChanged(),
      fireLatched: fire.latchedBefore,
    });
    for (const part of ["ledger", "office"]) this.#health.set(part, "fault", "is starting");
    const ledgerReady = Promise.withResolvers<void>();
    const ledger = this.#takeLedger();
    ledger.serve(this.#paths, rescueBoardOf(config), {
      connect: (send) => loop.link.connect(send),
      receive: (message) => {
        loop.link.receive(message);
        noteLedgerHealth(this.#health, message);
        if (message.kind === "ready") ledgerReady.resolve();
      },
      lost: (why) => {
        this.#health.set("ledger", "fault", why);
        loop.ledgerLost(why);
      },
    });
    const site: Site = {
      text,
      config,
      board,
      clock,
      loop,
      ledger,
      fire,
      office: null,
      boardServer: null,
      closed: false,
    };
    this.#site = site;
    loop.start();
    followClock(clock, loop, this.#health, () => site.office?.publish());
    void this.#serveBoard(site, serve);
    void ledgerReady.promise.then(() => this.#tryOffice(site));
    return site;
  }

  async #serveBoard(site: Site, serve: SiteWires["serve"]): Promise<void> {
    try {
      site.boardServer = await serve();
      if (site.closed) await site.boardServer?.close();
    } catch (error) {
      this.#fault("board socket", error);
    }
  }

  #takeLedger(): LedgerSide {
    const ledger = this.#ledgerAhead ?? this.#parts.startLedger();
    this.#ledgerAhead = null;
    return ledger;
  }

  async #traced(wires: Board, clock: SiteClock, text: string): Promise<Board> {
    const file = this.#options.tracePath;
    if (file === null) return wires;
    const { recordToFile } = await import("../hal/trace-file.ts");
    return recordToFile(wires, clock, file, { version, config: text, boot: bootId });
  }

  async #openOffice(site: Site): Promise<void> {
    if (site.closed) return;
    const { openOffice } = await import("./office-opening.ts");
    const office = await openOffice({
      modulePath: this.#parts.modulePath,
      isSimulatedSite: this.#options.configPath === null,
      showEntry: this.#options.showEntry,
      paths: this.#paths,
      config: site.config,
      boot: bootId,
      doors: site.loop,
      time: timePort(site),
      health: this.#health,
      restart: () => process.kill(process.pid, "SIGTERM"),
      wallMs: site.clock.wall(),
      isWanted: () => !site.closed,
    });
    site.office = office;
  }

  #tryOffice(site: Site): void {
    this.#openOffice(site).catch((error) => {
      if (site.closed) return;
      this.#fault("office", error);
      setTimeout(() => this.#tryOffice(site), officeRetryMs).unref();
    });
  }

  #doorsChanged(): void {
    const site = this.#site;
    if (site === null) return;
    noteBoardHealth(this.#health, site.board.health(), site.loop.failedRelays());
    noteSupplyHealth(this.#health, site.loop.supplyInputs(), site.loop.supplyFaults());
    const recovery = site.loop.recovery();
    this.#health.set("database", recovery === null ? "ok" : "fault", recovery ?? "");
    site.fire.note(site.loop.isFireLatched());
    site.office?.publish();
  }

  async #answer(question: Question): Promise<unknown> {
    switch (question.kind) {
      case "status":
        return {
          doors: this.#site?.loop.statuses() ?? [],
          health: this.#health.facts().concat(this.#site?.office?.facts ?? []),
        };
      case "login": {
        const link = this.#site?.office?.newEntryLink() ?? null;
        return link === null ? { problem: "The console does not run yet; see `postern status`." } : { link };
      }
      case "reload":
        return { outcome: await this.#reload() };
      default:
        if (this.#site === null) return { problem: "The doors are being started; try again." };
        return answerSite(question, this.#site, "command line");
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
      await this.#close();
      if (before !== null) this.#site = await this.#openSite(before.config, before.text);
    } catch (again) {
      this.#breakDown(again);
    }
    const why = `The new configuration could not be started, so the old one runs: ${whyOf(error)}`;
    this.#health.set("configuration", "fault", why);
    this.#site?.loop.note({ type: "config.refused", problems: 1, first: why });
    throw new Fault("config.notStarted", why, {}, error);
  }

  async #close(): Promise<void> {
    const site = this.#site;
    this.#site = null;
    if (site === null) return;
    site.closed = true;
    site.loop.stop();
    site.clock.stop();
    const closings = [
      () => site.boardServer?.close(),
      () => site.office?.stop(),
      () => drainRecords(site.loop.link),
      () => site.ledger.stop(),
    ];
    for (const close of closings) await Promise.resolve(close()).catch((error) => this.#fault("stopping", error));
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
