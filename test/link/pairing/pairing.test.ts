// Pairing between a controller and its issuer, over a broker that listens, guesses, edits, repeats and stands in between.
import { createPublicKey, randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { rawPublicKey } from "../../../src/link/envelope.ts";
import { readIdentity } from "../../../src/link/identity.ts";
import type { JoinCode } from "../../../src/link/pairing/join-code.ts";
import { makeJoinCode, maxAttempts } from "../../../src/link/pairing/join-code.ts";
import { JoinDevice } from "../../../src/link/pairing/join-device.ts";
import { identityOf, makeOwnKeys, publicHalves } from "../../../src/link/pairing/join-identity.ts";
import { JoinIssuer } from "../../../src/link/pairing/join-issuer.ts";
import type { DeviceKeys, Papers } from "../../../src/link/pairing/join-messages.ts";
import { madeIdentity } from "../made-identity.ts";

const site = { site: "hof-12", controller: "gate-1" };
const issuerKeys = madeIdentity(site).file.issuer;
const papers: Papers = {
  ...site,
  issuer: issuerKeys,
  broker: "mqtts://broker.example:8883",
  ca: null,
  certificate: null,
};
const own = makeOwnKeys();
const code: JoinCode = { channel: "7QX2", secret: "K3M9ZT0W" };
const wrong: JoinCode = { ...code, secret: "K3M9ZT0X" };

type Way = "up" | "down";
/** What the broker makes of a message: any number of messages to the same end. */
type Broker = (text: string, way: Way) => readonly string[];

interface Ended {
  readonly learned: DeviceKeys | null;
  readonly granted: Papers | null;
  readonly told: "done" | "wrong" | null;
  readonly traffic: readonly string[];
}

/** Carries messages between the two until neither has more to say. */
function pair(device: JoinDevice, issuer: JoinIssuer, broker: Broker = (text) => [text]): Ended {
  let learned: DeviceKeys | null = null;
  let granted: Papers | null = null;
  let told: Ended["told"] = null;
  const traffic: string[] = [];
  const queue: [Way, string][] = [];
  const say = (way: Way, text: string): void => {
    traffic.push(text);
    for (const one of broker(text, way)) queue.push([way, one]);
  };
  say("down", issuer.offer);
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const [way, text] = next;
    if (way === "down") {
      const step = device.take(Buffer.from(text));
      if (step.papers !== undefined) granted = step.papers;
      if (step.say !== null) say("up", step.say);
      continue;
    }
    const step = issuer.take(Buffer.from(text));
    if (step.kind === "say") say("down", step.text);
    if (step.kind === "wrong" || step.kind === "done") told = step.kind;
    if (step.kind === "wrong") say("down", step.text);
    if (step.kind === "keys") {
      learned = step.keys;
      say("down", issuer.grant(papers));
    }
  }
  return { learned, granted, told, traffic };
}

const device = (its: JoinCode = code) => new JoinDevice(its, publicHalves(own), randomBytes);
const issuer = (typed: JoinCode = code) => new JoinIssuer(typed, randomBytes);
const nobody = { learned: null, granted: null };

test("whoever types the code gets the controller's keys, and the controller its name and its issuer's keys", () => {
  const { learned, granted, told } = pair(device(), issuer());
  expect([learned, granted, told]).toEqual([publicHalves(own), papers, "done"]);
  const identity = readIdentity(JSON.stringify(identityOf(own, granted ?? papers)));
  expect(identity).toMatchObject({ ...site, broker: papers.broker });
  const signs = rawPublicKey(createPublicKey(identity?.signer.privateKey ?? own.sign)).toString("base64url");
  expect(signs).toBe(learned?.sign);
});

test("messages that come twice change nothing, and lost ones are answered alike when they are said again", () => {
  expect(pair(device(), issuer(), (text) => [text, text])).toMatchObject({ granted: papers, told: "done" });
  const [board, side] = [device(), issuer()];
  const first = board.take(Buffer.from(side.offer));
  expect(board.take(Buffer.from(side.offer))).toEqual(first);
});

test("a code that was mistyped opens nothing, and the issuer says so", () => {
  const { learned, granted, told } = pair(device(), issuer(wrong));
  expect({ learned, granted, told }).toEqual({ ...nobody, told: "wrong" });
});

test("a guesser has three guesses at a code, each shown to be wrong; after that the right one comes too late", () => {
  const board = device();
  const answers = Array.from({ length: maxAttempts + 3 }, () => {
    const guess = issuer(makeJoinCode(randomBytes));
    return board.take(Buffer.from(guess.offer)).say;
  });
  expect(answers.filter((answer) => answer !== null)).toHaveLength(maxAttempts);
  expect(pair(board, issuer())).toMatchObject(nobody);
});

test("a controller says that its code is spent once three attempts were confirmed wrongly", () => {
  const board = device();
  const steps = Array.from({ length: maxAttempts }, (_, n) => {
    const attempt = String(n).repeat(16);
    const { share } = JSON.parse(issuer(wrong).offer) as { share: string };
    board.take(Buffer.from(JSON.stringify({ kind: "offer", attempt, share })));
    return board.take(Buffer.from(JSON.stringify({ kind: "confirm", attempt, confirmation: "0".repeat(64) })));
  });
  expect(steps.map(({ isSpent }) => isSpent)).toEqual([false, false, true]);
});

test("an issuer at which a wrong code was typed says so to the controller, and the third such spends the code", () => {
  const board = device();
  const steps = Array.from({ length: maxAttempts }, () => {
    const side = issuer(wrong);
    const step = side.take(Buffer.from(board.take(Buffer.from(side.offer)).say ?? ""));
    return board.take(Buffer.from(step.kind === "wrong" ? step.text : ""));
  });
  expect(steps.map(({ say, isSpent }) => [say, isSpent])).toEqual([
    [null, false],
    [null, false],
    [null, true],
  ]);
});

test("two strangers' attempts do not keep the third, who knows the code, from pairing", () => {
  const board = device();
  for (let n = 0; n < maxAttempts - 1; n++) expect(pair(board, issuer(wrong))).toMatchObject(nobody);
  expect(pair(board, issuer())).toMatchObject({ granted: papers, told: "done" });
});

test("a broker that stands in between with a guess learns nothing from either end, and both notice", () => {
  const guess = wrong;
  const [toDevice, toIssuer] = [issuer(guess), device(guess)];
  const [board, side] = [device(), issuer()];
  const fromBoard = board.take(Buffer.from(toDevice.offer)).say ?? "";
  expect(toDevice.take(Buffer.from(fromBoard))).toMatchObject({ kind: "wrong" });
  const fromBroker = toIssuer.take(Buffer.from(side.offer)).say ?? "";
  expect(side.take(Buffer.from(fromBroker))).toMatchObject({ kind: "wrong" });
  // The attempt is over: the same broker's second guess is not even looked at.
  const again = device().take(Buffer.from(side.offer)).say ?? "";
  expect(side.take(Buffer.from(again))).toEqual({ kind: "nothing" });
});

test("who listens sees no code, no key and no certificate", () => {
  const { traffic } = pair(device(), issuer());
  const all = traffic.join("\n");
  const keys = publicHalves(own);
  const secrets = [
    code.secret,
    ...Object.values(keys),
    ...issuerKeys.sign,
    issuerKeys.seal,
    "hof-12",
    "broker.example",
  ];
  for (const secret of secrets) expect(all).not.toContain(secret);
});

test("whatever a broker changes in whichever message, nobody is told anything but the truth", () => {
  const kinds = ["offer", "answer", "confirm", "keys", "papers", "done"];
  for (const kind of kinds) {
    for (const member of ["attempt", "share", "confirmation", "sealed"]) {
      const edit: Broker = (text) => {
        const message = JSON.parse(text) as Record<string, string>;
        const value = message[member];
        if (message["kind"] !== kind || value === undefined) return [text];
        const at = Math.floor(value.length / 2);
        const other = value[at] === "a" ? "b" : "a";
        return [JSON.stringify({ ...message, [member]: value.slice(0, at) + other + value.slice(at + 1) })];
      };
      const { learned, granted } = pair(device(), issuer(), edit);
      expect([kind, member, learned ?? publicHalves(own)]).toEqual([kind, member, publicHalves(own)]);
      expect([kind, member, granted ?? papers]).toEqual([kind, member, papers]);
    }
  }
});

test("a message that is sent back to its maker, or as another kind, is not taken", () => {
  const swap: Record<string, string> = { keys: "papers", papers: "keys", done: "keys" };
  const reflect: Broker = (text) => {
    const message = JSON.parse(text) as Record<string, string>;
    const kind = swap[message["kind"] ?? ""];
    return kind === undefined ? [text] : [JSON.stringify({ ...message, kind })];
  };
  expect(pair(device(), issuer(), reflect)).toMatchObject(nobody);
  const { traffic } = pair(device(), issuer());
  const [board, side] = [device(), issuer()];
  for (const text of traffic) {
    board.take(Buffer.from(text));
    expect(side.take(Buffer.from(text)).kind).toBe("nothing");
  }
});

test("an earlier pairing that was written down opens nothing under a later code of the same channel", () => {
  const { traffic } = pair(device(), issuer());
  const board = device({ ...code, secret: "00000000" });
  const steps = traffic.map((text) => board.take(Buffer.from(text)));
  expect(steps.some(({ papers: told }) => told !== undefined)).toBe(false);
  const later = new JoinIssuer({ ...code, secret: "00000000" }, randomBytes);
  expect(traffic.map((text) => later.take(Buffer.from(text)).kind)).toEqual(traffic.map(() => "nothing"));
});

test("what is no message, or far too large, is passed over in silence", () => {
  const [board, side] = [device(), issuer()];
  const junk = ["", "null", "[]", "{}", '{"kind":"offer"}', `{"kind":"offer","pad":"${"x".repeat(20_000)}"}`];
  for (const text of junk) {
    expect(board.take(Buffer.from(text))).toEqual({ say: null });
    expect(side.take(Buffer.from(text))).toEqual({ kind: "nothing" });
  }
  expect(pair(board, side)).toMatchObject({ granted: papers, told: "done" });
});

test("once it has joined, a controller listens to nobody else", () => {
  const board = device();
  pair(board, issuer());
  expect(board.take(Buffer.from(issuer().offer))).toEqual({ say: null });
});

test("a certificate for somebody else's key makes no identity", () => {
  const made = identityOf(own, {
    ...papers,
    certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
  });
  expect(made).toBeNull();
});
