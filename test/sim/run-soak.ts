// Starts a soak from the command line; see scripts/soak.
import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { runSoak, SoakFailure } from "./soak.ts";

const { values } = parseArgs({
  options: { seed: { type: "string" }, steps: { type: "string", default: "200000" } },
});
const seed = values.seed ?? randomBytes(6).toString("hex");
const steps = Number(values.steps);
if (!Number.isInteger(steps) || steps < 1)
  throw new Error(`--steps takes a whole number from 1 on, not "${values.steps}".`);
console.log(`soak: seed ${seed}, ${steps} steps`);
try {
  const { troubles, presentations, letIn, events, virtualMs } = runSoak({ seed, steps });
  console.log(`  with ${troubles.join(", ")}`);
  console.log(`  ${presentations} presentations, ${letIn} let in, ${Math.round(virtualMs / 86_400_000)} days`);
  for (const [kind, count] of [...events].sort()) console.log(`  ${String(count).padStart(7)} ${kind}`);
} catch (error) {
  if (!(error instanceof SoakFailure)) throw error;
  const { cause } = error;
  console.error(error.message);
  // What is no broken promise was thrown by the product: where, is all there is to go by.
  if (error.invariant === null) console.error(cause instanceof Error ? cause.stack : cause);
  process.exitCode = 1;
}
