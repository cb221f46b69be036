import { expect, test } from "vitest";
import { fetchDirectory } from "../../src/exchange/apply.ts";
import { writeDirectory } from "../../src/exchange/write-directory.ts";
import { pin } from "../ledger/ledger-fixture.ts";
import { site } from "../site-fixture.ts";
import { ExchangeBench } from "./exchange-bench.ts";
import { everything, outcomes } from "./one-of-everything.ts";

test("what is exported and applied again changes nothing", async () => {
  const bench = new ExchangeBench();
  await bench.news(everything);
  const text = writeDirectory(await fetchDirectory(bench.port), site.cards, null);
  expect(await bench.news(text)).toEqual([]);
  for (const code of ["0471", "00112233", "998877", "00554433", "0066778", "010203", "ANA-HELLO"]) {
    expect(text).not.toContain(`"${code}"`);
  }
});

test("an export on an empty directory of the same keys decides as the first one did, spent uses included", async () => {
  const bench = new ExchangeBench();
  await bench.news(everything);
  bench.tested.outcome(pin("00554433"));
  const text = writeDirectory(await fetchDirectory(bench.port), site.cards, null);
  // A seeded ledger draws the same keys again.
  const second = new ExchangeBench();
  await second.news(text);
  expect(outcomes(second)).toEqual(outcomes(bench));
});
