// HTTP Digest against the example of RFC 7616, section 3.9.1.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { isRightAnswer, parseDigest } from "../../src/office/api/digest-auth.ts";

const a1 = "Mufasa:http-auth@example.org:Circle of Life";
const secrets = {
  MD5: createHash("md5").update(a1).digest("hex"),
  "SHA-256": createHash("sha256").update(a1).digest("hex"),
};
const example = {
  username: "Mufasa",
  nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
  uri: "/dir/index.html",
  nc: "00000001",
  cnonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ",
};

test.each([
  ["MD5", "8ca523f5e9506fed4657c9700eebdbec"],
  ["SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"],
] as const)(
  "the RFC's answer under %s is right, and for another method or address it is not",
  (algorithm, response) => {
    const answer = { ...example, algorithm, response };
    expect(isRightAnswer(answer, secrets, "GET")).toBe(true);
    expect(isRightAnswer(answer, secrets, "POST")).toBe(false);
    expect(isRightAnswer({ ...answer, uri: "/other" }, secrets, "GET")).toBe(false);
  },
);

test("an answer is read with its quotes, commas and escapes, and one that is not whole is none", () => {
  const text =
    'username="a\\"b, c", realm="Postern", nonce="n", uri="/x?a=1,b=2", qop=auth, nc=0000000a, cnonce="c", response="AB", algorithm=MD5';
  expect(parseDigest(text)).toEqual({
    username: 'a"b, c',
    nonce: "n",
    uri: "/x?a=1,b=2",
    algorithm: "MD5",
    nc: "0000000a",
    cnonce: "c",
    response: "ab",
  });
  expect(parseDigest(text.replace("qop=auth, ", ""))).toBeNull();
  expect(parseDigest(text.replace("algorithm=MD5", "algorithm=SHA-512"))).toBeNull();
});
