// A process of the fleet's bench with some hundreds of simulated controllers in it.
import { beatMs } from "../../../src/office/console/event-streams.ts";
import { FleetController } from "./controller.ts";
import type { PartSpec, ToPart } from "./words.ts";
import { answer, usage } from "./words.ts";

const controllers: FleetController[] = [];

answer((said: ToPart): unknown => {
  switch (said.kind) {
    case "open":
      return open(said.part);
    case "await":
      for (const controller of controllers) controller.await(said.version);
      return null;
    case "record":
      for (const controller of controllers) controller.record(said.events);
      return null;
    case "look":
      return controllers.map(({ standing }) => standing);
    case "usage":
      return usage();
    case "close":
      for (const controller of controllers) controller.close();
      return null;
  }
});

async function open({ names, ...part }: PartSpec): Promise<void> {
  for (const [n, name] of names.entries()) {
    const controller = new FleetController(name, part);
    controllers.push(controller);
    setTimeout(() => setInterval(() => controller.beat(), beatMs), (beatMs * n) / names.length);
    await new Promise((done) => setImmediate(done));
  }
}
