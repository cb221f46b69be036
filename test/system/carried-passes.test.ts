// Passes and codes that an issuer makes in another process and folder, at doors of a controller that never had a network: each
// picture goes the whole way of a real one, from a camera's frames through the decoding thread to the door.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inflateSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openCamera } from "../../hal/linux/camera/camera.ts";
import { startFrames } from "../../hal/linux/camera/camera-process.ts";
import { startDecodeThread } from "../../hal/linux/qr/decode-desk.ts";
import { createVirtualClock } from "../../hal/sim/clock.ts";
import { bytesOfText, textOfBytes } from "../../src/domain/carried-pass/pass-text.ts";
import type { RecordedEvent } from "../../src/domain/events.ts";
import type { Matrix } from "../qr/scene.ts";
import { drawScene } from "../qr/scene.ts";
import { exampleSite, runPostern } from "./command.ts";
import type { Product } from "./product.ts";
import { removeFolder, startProduct } from "./product.ts";

let product: Product;
const office = mkdtempSync(join(tmpdir(), "postern-issuer-"));
const folder = ["--folder", join(office, "issuer")];
let pictures = 0;

async function issuer(...args: readonly string[]): Promise<string> {
  const { code, out, err } = await runPostern(["issuer", ...args, ...folder], { cwd: office });
  expect(err).toBe("");
  expect(code).toBe(0);
  return out;
}

/** The picture of a new pass, as it was written, and what was said with it. */
async function minted(key: string, ...args: readonly string[]) {
  pictures += 1;
  const file = join(office, `pass-${pictures}.png`);
  const said = await issuer("pass", "new", key, ...args, "--picture", file);
  return { text: await photographed(matrixOf(readFileSync(file))), said };
}

/** One pixel of each module, without the quiet zone. */
function matrixOf(png: Buffer): Matrix {
  const [perModule, quiet] = [12, 4];
  const width = png.readUInt32BE(16);
  const data = inflateSync(png.subarray(41, 41 + png.readUInt32BE(33)));
  const size = width / perModule - 2 * quiet;
  const pixel = (x: number, y: number) => data[y * (width + 1) + 1 + x];
  const middle = (n: number) => (n + quiet) * perModule + perModule / 2;
  return Array.from({ length: size }, (_, y) =>
    Array.from({ length: size }, (_, x) => pixel(middle(x), middle(y)) === 0),
  );
}

/** What a camera at the door reads of it: frames from a process, looked at in the decoding thread. */
async function photographed(code: Matrix): Promise<string> {
  const path = join(office, "frames");
  writeFileSync(path, drawScene({ kind: "plain", grade: 1, seed: 11, code }).gray);
  const clock = createVirtualClock({ startWallMs: 0, trusted: true });
  const format = { width: 640, height: 480, stride: 640, step: 1, frameBytes: 307_200 } as const;
  const wiring = { id: "camera", kind: "camera", device: "video0", size: "640x480", rate: 10 } as const;
  const camera = openCamera({ ...wiring, exposureMs: null, region: null }, clock, {
    prepare: async () => ({ file: "sh", args: ["-c", 'while cat "$0"; do sleep 0.02; done', path], format }),
    startFrames,
    startThread: startDecodeThread,
  });
  const pace = setInterval(() => clock.advance(20), 5);
  try {
    return await new Promise((resolve) => {
      camera.start((event) => {
        if (event.kind === "text") resolve(event.text);
      });
    });
  } finally {
    clearInterval(pace);
    camera.stop();
  }
}

async function shown(reader: string, command: string): Promise<string> {
  const signal = await signalOf(reader, command);
  return signal === "denied" ? reasonOf(await lastDecision()) : signal;
}

async function signalOf(reader: string, command: string): Promise<string> {
  const answer = product.board.next(
    (one) => one.kind === "signal" && one["reader"] === reader && one["signal"] !== "key",
  );
  await product.board.send(command);
  return String((await answer)["signal"]);
}

const held = (text: string, reader = "front-scanner") => shown(reader, `text ${reader} ${text}`);
const typed = (digits: string) => shown("front-keypad", `keys front-keypad ${digits}#`);
const digitsIn = (said: string): string => (/^Type ([0-9 ]+) and #/m.exec(said)?.[1] ?? "").replaceAll(" ", "");

async function lastEvents(count: number): Promise<RecordedEvent["event"][]> {
  const { out } = await runPostern(["log", "show", "--json", "--last", String(count), "--state", product.state]);
  const lines = out.trim().split("\n");
  return lines.map((line) => (JSON.parse(line) as RecordedEvent).event);
}

const lastDecision = async () =>
  (await lastEvents(20)).findLast(({ type }) => type === "access.granted" || type === "access.denied");

const reasonOf = (event: RecordedEvent["event"] | undefined): string =>
  event?.type === "access.denied" ? event.reason : "granted";

beforeAll(async () => {
  const site = exampleSite((example) => {
    example.doors[1].methods = ["pin", "card", "qr"];
    example.readers.push({ id: "garage-scanner", kind: "scanner", door: "garage", port: "ttyACM9" });
    for (const door of example.doors) door.unlockMs = 100;
  });
  product = await startProduct({ config: site });
  for (const [key, ...rest] of [
    ["desk", "--form", "mac", "--place", "front", "--place", "garage"],
    ["resident", "--form", "signed", "--place", "front", "--longest", "2d"],
    ["strangers", "--form", "mac", "--place", "front", "--number", "99"],
    ["digits", "--form", "code", "--place", "front", "--number", "7"],
  ] as const) {
    await issuer("keys", "new", key, ...rest, "--zone", "Europe/Madrid");
    if (key === "strangers") continue;
    const file = join(office, `${key}.json`);
    await issuer("keys", "export", key, file);
    expect((await runPostern(["pass-keys", "add", file, "--state", product.state])).err).toBe("");
  }
});

afterAll(async () => {
  await product?.stop();
  rmSync(office, { recursive: true, force: true });
  if (product === undefined) return;
  for (const path of [product.state, `${product.state}.config.json`]) removeFolder(path);
});

test("a pass of each form opens, and is denied when it is used up, early, late, elsewhere, or a stranger's", async () => {
  const once = await minted("desk", "--for", "2h", "--uses", "1");
  expect(once.text).toMatch(/^[0-9]{53}$/);
  expect(await held(once.text)).toBe("granted");
  expect(await held(once.text)).toBe("usesExhausted");
  expect(await held(once.text, "garage-scanner")).toBe("granted");
  const signed = await minted("resident", "--for", "1d");
  expect(signed.text).toMatch(/^[0-9]{186}$/);
  expect(await held(signed.text)).toBe("granted");
  expect(await held(signed.text, "garage-scanner")).toBe("noGrant");
  for (const key of ["desk", "resident"]) {
    expect(await held((await minted(key, "--from", "+1h", "--for", "1h")).text)).toBe("notYetValid");
    const past = await minted(key, "--from", "2025-11-01 08:00", "--for", "1h");
    expect(await held(past.text)).toBe("expired");
  }
  expect(await held((await minted("strangers", "--for", "1h")).text)).toBe("issuerUnknown");
  const { out } = await runPostern(["explain", "--state", product.state]);
  expect(out).toContain("It names an issuer's key that was not in the directory then");
});

test("a newer pass takes an older one back, and a pass with a code opens with both", async () => {
  const old = await minted("desk", "--for", "2h", "--place", "1");
  expect(await held(old.text)).toBe("granted");
  const serial = /Pass 1\.([0-9]+)/.exec(old.said)?.[1] ?? "";
  const newer = await minted("desk", "--for", "2h", "--with-code", "--revoke", serial);
  expect(await held(newer.text)).toBe("next");
  expect(await typed(/Then type ([0-9]{6})/.exec(newer.said)?.[1] ?? "")).toBe("granted");
  expect(await held(old.text)).toBe("revoked");
});

test.each(["desk", "resident"])("of a pass by the key “%s” no bit can be altered, wherever it stands", async (key) => {
  const { text } = await minted(key, "--for", "2h");
  const pass = bytesOfText(text) ?? new Uint8Array();
  for (let bit = 0; bit < pass.length * 8; bit += 1) {
    const altered = Uint8Array.from(pass, (byte, at) => (at === bit >> 3 ? byte ^ (0x80 >> (bit & 7)) : byte));
    expect(await signalOf("front-scanner", `text front-scanner ${textOfBytes(altered)}`)).toBe("denied");
  }
  // Doors may still have been locking when the first of them was shown.
  const denials = (await lastEvents(pass.length * 8 + 20)).filter(({ type }) => type === "access.denied");
  const reasons = denials.slice(-pass.length * 8).map(reasonOf);
  const expected = [...Array(8).fill("passUnreadable"), ...Array(16).fill("issuerUnknown")];
  expect(reasons.slice(0, 24)).toEqual(expected);
  expect(new Set(reasons.slice(24))).toEqual(new Set(["passForged"]));
  expect(await held(text)).toBe("granted");
});

test("digits that the controller never heard of open at its keypad, once if they say so", async () => {
  const code = digitsIn(await issuer("code", "new", "digits", "--for", "90m", "--once"));
  expect(code).toMatch(/^[0-9]{12}$/);
  expect(await typed(code)).toBe("granted");
  expect(await typed(code)).toBe("usesExhausted");
  expect(await typed(digitsIn(await issuer("code", "new", "digits", "--from", "+1h", "--for", "1h")))).toBe(
    "notYetValid",
  );
  expect(await typed("123456789012")).toBe("unknownCredential");
});

test("a key can be set aside, resumed, listed and taken away while the doors work", async () => {
  const { text } = await minted("desk", "--for", "2h");
  const keys = async (...args: readonly string[]) => runPostern(["pass-keys", ...args, "--state", product.state]);
  expect((await keys("list")).out).toMatch(/^1 +desk +mac +active +1: front, 2: garage$/m);
  await keys("suspend", "desk");
  expect(await held(text)).toBe("holderSuspended");
  await keys("resume", "desk");
  expect(await held(text)).toBe("granted");
  const serial = /Pass 1\.([0-9]+)/.exec((await minted("desk", "--for", "1h")).said)?.[1] ?? "";
  const slip = await keys("revoke", "desk", `7.${serial}`);
  expect(slip.err).toContain(`7.${serial} is of the key with the number 7, but "desk" has the number 1.`);
  expect(await held(text)).toBe("granted");
  const revoked = await keys("revoke", "desk", "--up-to", serial);
  expect(revoked.out).toContain(`Of "desk", all up to 1.${serial} will open nothing any more`);
  expect(await held(text)).toBe("revoked");
  await keys("remove", "desk");
  expect(await held(text)).toBe("issuerUnknown");
  expect((await keys("suspend", "desk")).err).toContain('There is no key "desk"');
});

test("a clock that is set back opens for none of them, and set right again it does", async () => {
  const { text } = await minted("resident", "--for", "1d");
  expect(await held(text)).toBe("granted");
  await product.board.send("clock step -3h");
  expect(await held(text)).toBe("clockUntrusted");
  await product.board.send("clock step +3h");
  expect(await held(text)).toBe("granted");
});
