// Runs commands on the emulated board for the tests outside: one JSON line each way over a virtio port.
import { spawn } from "node:child_process";
import { createReadStream, createWriteStream, openSync, readdirSync, readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const ports = "/sys/class/virtio-ports";
const port = readdirSync(ports).find((name) => readFileSync(`${ports}/${name}/name`, "utf8").trim() === "agent");
// A port opens once only.
const fd = openSync(`/dev/${port}`, "r+");
const out = createWriteStream("", { fd, autoClose: false });
const say = (message) => out.write(`${JSON.stringify(message)}\n`);

function run({ n, command, input }) {
  const child = spawn("/bin/sh", ["-c", command], { stdio: ["pipe", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"]) {
    child[stream].setEncoding("utf8");
    child[stream].on("data", (chunk) => {
      text[stream] += chunk;
    });
  }
  child.stdin.on("error", () => {});
  child.stdin.end(input ?? "");
  child.on("close", (code, signal) => say({ n, code: code ?? signal, ...text }));
}

createInterface({ input: createReadStream("", { fd, autoClose: false }) }).on("line", (line) => {
  if (line !== "") run(JSON.parse(line));
});
say({ ready: true });
