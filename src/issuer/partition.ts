// Which of the parts of a fleet a controller belongs to: what workers lease. Pure.
import { createHash } from "node:crypto";
import type { Address } from "../link/topics.ts";

export const partitions = 64;

export const partitionOf = ({ site, controller }: Address): number =>
  createHash("sha256").update(`${site}/${controller}`).digest().readUInt32BE(0) % partitions;
