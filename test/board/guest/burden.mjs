// Loaded into the product's main process by the tests: keeps its event loop and its thread pool busy, or hangs it, when told.
import { scrypt } from "node:crypto";

const busyOf50Ms = 40;

function beBusy() {
  const until = performance.now() + busyOf50Ms;
  while (performance.now() < until);
  setTimeout(beBusy, 10).unref();
}

function hash() {
  scrypt("x", "salt", 32, { N: 2 ** 14 }, hash);
}

if (process.argv.includes("run")) {
  process.on("SIGUSR2", () => {
    beBusy();
    for (let n = 0; n < 8; n += 1) hash();
  });
  process.on("SIGURG", () => {
    for (;;);
  });
}
