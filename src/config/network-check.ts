// Finds what is wrong together in what machines may ask over the network; knows no wire.
import { isIP } from "node:net";
import type { Finding } from "./problem.ts";
import type { Salvage } from "./salvage.ts";

export function networkFindings({ httpOpening }: Salvage): readonly Finding[] {
  return [...fromAnywhere(httpOpening), ...strangeAddresses(httpOpening)];
}

type Opening = Salvage["httpOpening"];

function fromAnywhere({ modes, addresses }: Opening): readonly Finding[] {
  const n = modes?.indexOf("legacyQuery") ?? -1;
  if (n < 0 || addresses === undefined || addresses.length > 0) return [];
  const problem = "Nothing could ask in this form, for it names no address from where.";
  return [
    {
      steps: ["httpOpening", "modes", n],
      value: "legacyQuery",
      problem,
      remedy: 'List who may in "addresses", or use httpAuth.',
    },
  ];
}

function strangeAddresses({ addresses = [] }: Opening): readonly Finding[] {
  return addresses.flatMap((value, n) => {
    const [address = "", bits] = value.split("/");
    const family = isIP(address);
    const mostBits = family === 6 ? 128 : 32;
    if (family !== 0 && (bits === undefined || Number(bits) <= mostBits)) return [];
    const remedy = 'Write one such as "192.168.1.20", or a network such as "192.168.1.0/24".';
    return [{ steps: ["httpOpening", "addresses", n], value, problem: "This is no IP address or network.", remedy }];
  });
}
