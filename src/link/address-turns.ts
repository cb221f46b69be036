// Where a broker's name has several addresses, begins each connection with another of them; knows nothing of brokers.
import type { LookupAddress, LookupAllOptions } from "node:dns";
import { lookup } from "node:dns";
import type { LookupFunction } from "node:net";

type FindAll = (
  host: string,
  options: LookupAllOptions,
  done: (error: NodeJS.ErrnoException | null, found: LookupAddress[]) => void,
) => void;

/**
 * For a socket's `lookup`. A node that refuses is passed over within one try; one that takes connections and then says nothing only by the
 * next. `first` is any whole number, so that a fleet spreads over a cluster.
 */
export function addressTurns(first: number, findAll: FindAll = lookup): LookupFunction {
  let turn = first;
  return (host, options, done) => {
    findAll(host, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        done(error, "", 0);
        return;
      }
      const turned = turnedBy(found, turn);
      turn += 1;
      const { address = "", family = 0 } = turned[0] ?? {};
      if (options.all === true) done(null, turned);
      else done(null, address, family);
    });
  };
}

function turnedBy(found: readonly LookupAddress[], turn: number): LookupAddress[] {
  const at = found.length === 0 ? 0 : turn % found.length;
  return [...found.slice(at), ...found.slice(0, at)];
}
