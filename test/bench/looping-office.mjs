// Loaded into every process of the product: on SIGUSR2 an office does nothing but loop for six seconds.
const loopMs = 6_000;

if (process.argv.includes("office")) {
  process.on("SIGUSR2", () => {
    const until = performance.now() + loopMs;
    while (performance.now() < until) {}
  });
}
