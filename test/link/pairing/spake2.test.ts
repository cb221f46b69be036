// SPAKE2 against the vectors of RFC 9382, appendix B.
import { createHash, randomBytes } from "node:crypto";
import { p256 } from "@noble/curves/nist.js";
import { expect, test } from "vitest";
import { beginSpake2, chanceScalar, secretScalar } from "../../../src/link/pairing/spake2.ts";

const vectors = [
  {
    names: { a: "server", b: "client" },
    w: "2ee57912099d31560b3a44b1184b9b4866e904c49d12ac5042c97dca461b1a5f",
    x: "43dd0fd7215bdcb482879fca3220c6a968e66d70b1356cac18bb26c84a78d729",
    y: "dcb60106f276b02606d8ef0a328c02e4b629f84f89786af5befb0bc75b6e66be",
    pA: "04a56fa807caaa53a4d28dbb9853b9815c61a411118a6fe516a8798434751470f9010153ac33d0d5f2047ffdb1a3e42c9b4e6be662766e1eeb4116988ede5f912c",
    pB: "0406557e482bd03097ad0cbaa5df82115460d951e3451962f1eaf4367a420676d09857ccbc522686c83d1852abfa8ed6e4a1155cf8f1543ceca528afb591a1e0b7",
    key: "0e0672dc86f8e45565d338b0540abe69",
    fromA: "58ad4aa88e0b60d5061eb6b5dd93e80d9c4f00d127c65b3b35b1b5281fee38f0",
    fromB: "d3e2e547f1ae04f2dbdbf0fc4b79f8ecff2dff314b5d32fe9fcef2fb26dc459b",
  },
  {
    names: { a: "", b: "client" },
    w: "0548d8729f730589e579b0475a582c1608138ddf7054b73b5381c7e883e2efae",
    x: "403abbe3b1b4b9ba17e3032849759d723939a27a27b9d921c500edde18ed654b",
    y: "903023b6598908936ea7c929bd761af6039577a9c3f9581064187c3049d87065",
    pA: "04a897b769e681c62ac1c2357319a3d363f610839c4477720d24cbe32f5fd85f44fb92ba966578c1b712be6962498834078262caa5b441ecfa9d4a9485720e918a",
    pB: "04e0f816fd1c35e22065d5556215c097e799390d16661c386e0ecc84593974a61b881a8c82327687d0501862970c64565560cb5671f696048050ca66ca5f8cc7fc",
    key: "642f05c473c2cd79909f9a841e2f30a7",
    fromA: "47d29e6666af1b7dd450d571233085d7a9866e4d49d2645e2df975489521232b",
    fromB: "3313c5cefc361d27fb16847a91c2a73b766ffa90a4839122a9b70a2f6bd1d6df",
  },
  {
    names: { a: "server", b: "" },
    w: "626e0cdc7b14c9db3e52a0b1b3a768c98e37852d5db30febe0497b14eae8c254",
    x: "07adb3db6bc623d3399726bfdbfd3d15a58ea776ab8a308b00392621291f9633",
    y: "b6a4fc8dbb629d4ba51d6f91ed1532cf87adec98f25dd153a75accafafedec16",
    pA: "04f88fb71c99bfffaea370966b7eb99cd4be0ff1a7d335caac4211c4afd855e2e15a873b298503ad8ba1d9cbb9a392d2ba309b48bfd7879aefd0f2cea6009763b0",
    pB: "040c269d6be017dccb15182ac6bfcd9e2a14de019dd587eaf4bdfd353f031101e7cca177f8eb362a6e83e7d5e729c0732e1b528879c086f39ba0f31a9661bd34db",
    key: "005184ff460da2ce59062c87733c299c",
    fromA: "bc9f9bbe99f26d0b2260e6456e05a86196a3307ec6663a18bf6ac825736533b2",
    fromB: "c2370e1bf813b086dff0d834e74425a06e6390f48f5411900276dcccc5a297ec",
  },
  {
    names: { a: "", b: "" },
    w: "7bf46c454b4c1b25799527d896508afd5fc62ef4ec59db1efb49113063d70cca",
    x: "8cef65df64bb2d0f83540c53632de911b5b24b3eab6cc74a97609fd659e95473",
    y: "d7a66f64074a84652d8d623a92e20c9675c61cb5b4f6a0063e4648a2fdc02d53",
    pA: "04a65b367a3f613cf9f0654b1b28a1e3a8a40387956c8ba6063e8658563890f46ca1ef6a676598889fc28de2950ab8120b79a5ef1ea4c9f44bc98f585634b46d66",
    pB: "04589f13218822710d98d8b2123a079041052d9941b9cf88c6617ddb2fcc0494662eea8ba6b64692dc318250030c6af045cb738bc81ba35b043c3dcb46adf6f58d",
    key: "fc6374762ba5cf11f4b2caa08b2cd1b9",
    fromA: "dfb4db8d48ae5a675963ea5e6c19d98d4ea028d8e898dad96ea19a80ade95dca",
    fromB: "d0f0609d1613138d354f7e95f19fb556bf52d751947241e8c7118df5ef0ae175",
  },
] as const;

const number = (hex: string): bigint => BigInt(`0x${hex}`);

test.each(vectors)(
  "both sides reach what RFC 9382 says for $names",
  ({ names, w, x, y, pA, pB, key, fromA, fromB }) => {
    const secret = number(w);
    const a = beginSpake2({ role: "a", secret, scalar: number(x), names, associated: "" });
    const b = beginSpake2({ role: "b", secret, scalar: number(y), names, associated: "" });
    expect([a.share.toString("hex"), b.share.toString("hex")]).toEqual([pA, pB]);
    const [ours, theirs] = [a.finish(b.share), b.finish(a.share)];
    expect([ours?.key.toString("hex"), theirs?.key.toString("hex")]).toEqual([key, key]);
    expect(ours?.confirmation.toString("hex")).toBe(fromA);
    expect(theirs?.confirmation.toString("hex")).toBe(fromB);
    expect(ours?.isConfirmedBy(Buffer.from(fromB, "hex"))).toBe(true);
    expect(ours?.isConfirmedBy(Buffer.from(fromA, "hex"))).toBe(false);
  },
);

const half = (role: "a" | "b", secret: string, associated = "") => {
  const scalar = chanceScalar(randomBytes);
  const wide = createHash("sha512").update(secret).digest();
  return beginSpake2({ role, secret: secretScalar(wide), scalar, names: { a: "A", b: "B" }, associated });
};

test("whoever has another secret, or means something else by it, confirms nothing", () => {
  for (const [secret, associated] of [
    ["other", ""],
    ["same", "elsewhere"],
  ] as const) {
    const [a, b] = [half("a", "same"), half("b", secret, associated)];
    const [ours, theirs] = [a.finish(b.share), b.finish(a.share)];
    expect(ours?.isConfirmedBy(theirs?.confirmation ?? Buffer.alloc(0))).toBe(false);
    expect(theirs?.isConfirmedBy(ours?.confirmation ?? Buffer.alloc(0))).toBe(false);
  }
});

test("what is no point of the curve is no share", () => {
  const a = half("a", "same");
  const good = half("b", "same").share;
  const off = Buffer.from(good);
  off[64] = (off[64] ?? 0) ^ 1;
  const shares = [Buffer.alloc(0), Buffer.of(0), Buffer.alloc(65), off, good.subarray(0, 64), Buffer.alloc(65, 0xff)];
  for (const share of shares) expect(a.finish(share)).toBeNull();
});

test("a share that was chosen to cancel the secret out gives no key", () => {
  const wide = createHash("sha512").update("same").digest();
  const secret = secretScalar(wide);
  const names = { a: "A", b: "B" };
  const a = beginSpake2({ role: "a", secret, scalar: 5n, names, associated: "" });
  // b's share less its own point is the blind alone: the shared point would be the neutral element.
  const b = beginSpake2({ role: "b", secret, scalar: 7n, names, associated: "" });
  const blind = p256.Point.fromBytes(b.share).subtract(p256.Point.BASE.multiply(7n));
  expect(a.finish(b.share)).not.toBeNull();
  expect(a.finish(Buffer.from(blind.toBytes(false)))).toBeNull();
});
