// One thing that the doctor found, and how to mend it.

export interface Finding {
  /** `broken` does not work as it is; `risky` works until something happens. */
  readonly gravity: "broken" | "risky";
  /** A device's id, or a part of the machine. */
  readonly where: string;
  readonly problem: string;
  readonly remedy: string;
}

export const broken = (where: string, problem: string, remedy: string): Finding => ({
  gravity: "broken",
  where,
  problem,
  remedy,
});

export const risky = (where: string, problem: string, remedy: string): Finding => ({
  gravity: "risky",
  where,
  problem,
  remedy,
});
