// The vectors of SIA's Annex E and frames that other implementations and real readers have sent.
import { expect, test } from "vitest";
import { checksumOf, crcOf, encodeFrame, gatherFrames } from "../../../hal/linux/osdp/frame.ts";
import { beginSession, defaultKey, openReply, sealCommand } from "../../../hal/linux/osdp/secure-channel.ts";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(" ", ""), "hex");
const panelNonce = hex("B0B1B2B3B4B5B6B7");
const readerNonce = hex("A0A1A2A3A4A5A6A7");
const command = { address: 0, isReply: false, hasCrc: true, security: null } as const;

test("check values are those of Annex E", () => {
  expect(crcOf(hex("53 7F 0D 00 04 6E 00 80 25 00 00"))).toBe(0x386e);
  expect(crcOf(hex("53 00 09 00 04 61 00"))).toBe(0x66c0);
  expect(checksumOf(hex("53 7F 0C 00 00 6E 00 80 25 00 00"))).toBe(0x0f);
  expect(checksumOf(hex("53 00 08 00 00 61 00"))).toBe(0x44);
});

test("commands in clear are byte for byte those that others send", () => {
  expect(encodeFrame({ ...command, sequence: 0, body: hex("60") })).toEqual(hex("ff530008000460ebaa"));
  expect(encodeFrame({ ...command, sequence: 1, body: hex("60") })).toEqual(hex("ff530008000560da99"));
  expect(encodeFrame({ ...command, sequence: 0, body: hex("6100") })).toEqual(hex("ff53000900046100c066"));
  expect(encodeFrame({ ...command, sequence: 1, body: hex("6200") })).toEqual(hex("ff53000900056200a304"));
  const challenge = { type: 0x11, data: hex("00") };
  expect(encodeFrame({ ...command, sequence: 0, security: challenge, body: hex("76B0B1B2B3B4B5B6B7") })).toEqual(
    hex("ff530013000c03110076b0b1b2b3b4b5b6b75232"),
  );
});

test("a session's keys and proofs are those of Annex E", () => {
  const { session, readerProof, panelProof, firstReplySeal } = beginSession(defaultKey, panelNonce, readerNonce);
  expect(session.cipher).toEqual(hex("bf8dc2a8329acb8c67c6d0cd9a451682"));
  expect(session.firstSeal).toEqual(hex("5e86c676603bdee2d8beafe178637332"));
  expect(session.lastSeal).toEqual(hex("6fda86e857777e81132035758239172e"));
  expect(panelProof).toEqual(hex("26d3356e07762d262801fc8e6665a891"));
  expect(readerProof).toEqual(hex("fde5d2f428ec16312471ea3c02bd7796"));
  expect(firstReplySeal).toEqual(hex("b2a30057eb98ba2229ec1f875662b524"));
  const proof = { type: 0x13, data: hex("00") };
  expect(
    encodeFrame({ ...command, sequence: 1, security: proof, body: Buffer.concat([hex("77"), panelProof]) }),
  ).toEqual(hex("ff53001b000d0313007726d3356e07762d262801fc8e6665a8917bda"));
});

test("the first commands of a session are byte for byte those that others send", () => {
  const { session } = beginSession(defaultKey, panelNonce, readerNonce);
  const parts = { address: 0, sequence: 2, hasCrc: true } as const;
  expect(sealCommand(session, parts, 0x60, hex("")).bytes).toEqual(hex("ff53000e000e02156074dd15a53277"));
  const steadyGreen = hex("00 00 00 00 00 00 00 00 00 01 01 00 02 00");
  expect(sealCommand(session, parts, 0x69, steadyGreen).bytes).toEqual(
    hex("ff53001e000e0217696d92fb7031ee245345c93248461054efe33a23fd10a8"),
  );
  const key = hex("0110 00112233445566778899aabbccddeeff");
  expect(sealCommand(session, parts, 0x75, key).bytes).toEqual(
    hex("ff53002e000e021775fa00a1f5430e77ebcfee644dce89d12d239f8fd3afc92180b3744689d844d3e8eb60d149747d"),
  );
});

test("frames of real readers are read whole, cut anywhere and with noise around them", () => {
  const keypad = hex("53810b0006530001349562");
  const identity = hex("538014000445164268000c4c8fbcf4020a02c64c");
  const stream = Buffer.concat([hex("ffff0053"), keypad, hex("ff53ff"), identity, hex("77")]);
  for (let cut = 0; cut <= stream.length; cut += 1) {
    const first = gatherFrames(stream.subarray(0, cut));
    const second = gatherFrames(Buffer.concat([first.rest, stream.subarray(cut)]), true);
    const frames = [...first.frames, ...second.frames];
    expect(frames.map(({ bytes }) => bytes)).toEqual([keypad, identity]);
    expect(frames.map(({ address, isReply }) => [address, isReply])).toEqual([
      [1, true],
      [0, true],
    ]);
  }
});

test("a frame whose check does not fit is none", () => {
  const sound = hex("53810b0006530001349562");
  for (let at = 0; at < sound.length * 8; at += 1) {
    const broken = Buffer.from(sound);
    broken[at >> 3] = (broken[at >> 3] ?? 0) ^ (1 << (at & 7));
    expect(gatherFrames(broken, true).frames).toEqual([]);
  }
});

test("a reply with another seal than the session's is not opened", () => {
  const { session } = beginSession(defaultKey, panelNonce, readerNonce);
  const forged = gatherFrames(
    encodeFrame({
      ...command,
      isReply: true,
      sequence: 2,
      security: { type: 0x16, data: hex("") },
      body: hex("4000000000"),
    }),
  );
  expect(forged.frames).toHaveLength(1);
  expect(openReply(session, forged.frames[0]!)).toBeNull();
});
