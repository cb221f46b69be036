import { expect, test } from "vitest";
import { openMessage, signMessage } from "../../src/link/envelope.ts";
import { readIdentity } from "../../src/link/identity.ts";
import { madeIdentity } from "./made-identity.ts";

test("an identity file yields the keys of both sides", () => {
  const { file, issuer } = madeIdentity({ site: "hof-12", controller: "gate-1" });
  const identity = readIdentity(JSON.stringify(file));
  if (identity === null) throw new Error("it is an identity");
  const address = { site: identity.site, controller: identity.controller };
  const said = signMessage({ kind: "beacon", ...address, at: 1, version: 2 }, issuer.signer);
  expect(openMessage(Buffer.from(said), address, identity.issuerKeys).ok).toBe(true);
});

test("a file that is damaged anywhere is none", () => {
  const { file } = madeIdentity({ site: "hof-12", controller: "gate-1" });
  const broken = [
    { ...file, version: 2 },
    { ...file, site: "Hof 12" },
    { ...file, issuer: { ...file.issuer, sign: ["short"] } },
    { ...file, device: { ...file.device, sign: file.device.sign.slice(0, 44) } },
    { ...file, more: 1 },
  ];
  for (const one of broken) expect(readIdentity(JSON.stringify(one))).toBeNull();
  expect(readIdentity("")).toBeNull();
});
