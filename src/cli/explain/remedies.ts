// What could have been otherwise for each reason: the words for it, and the facts as they would have been; pure.

import { formatLocal } from "../../domain/asked-time.ts";
import type { Holder } from "../../domain/directory.ts";
import { neededFactors } from "../../domain/factors.ts";
import type { Facts } from "../../domain/facts.ts";
import { freshGuess } from "../../domain/guess.ts";
import type { DenyReason } from "../../domain/reasons.ts";
import { always } from "../../domain/schedule.ts";
import { unixMs } from "../../domain/time.ts";
import type { Explained } from "./grounds.ts";
import { secondsText } from "./grounds.ts";
import { atMoment, nextOpening } from "./later.ts";
import { credentialWords, needWords } from "./rule-words.ts";

export interface Remedy {
  readonly words: string;
  /** Null where no fact can say whether it would have been enough. */
  readonly facts: Facts | null;
}

type Remedies = (explained: Explained) => readonly Remedy[];

const unbounded = { from: null, until: null };

const wait: Remedies = ({ facts }) => {
  const at = nextOpening(facts);
  return at === null ? [] : [{ words: `from ${formatLocal(at, facts.timeZone)} on`, facts: atMoment(facts, at) }];
};

const activeCredential: Remedies = ({ facts }) => {
  const { credential } = facts;
  if (credential === null) return [];
  return [
    {
      words: `with ${credentialWords(credential)} active`,
      facts: { ...facts, credential: { ...credential, state: "active" } },
    },
  ];
};

const longerCredential: Remedies = ({ facts }) => {
  const { credential } = facts;
  if (credential === null) return [];
  const words = `with a longer validity of ${credentialWords(credential)}`;
  return [{ words, facts: { ...facts, credential: { ...credential, validity: unbounded } } }];
};

const longerHolder: Remedies = ({ facts }) => {
  const { holder } = facts;
  if (holder === null || holder.kind === "public") return [];
  const valid = { ...facts, holder: withoutEnd(holder) };
  return [{ words: `with a longer validity of the ${holder.kind}`, facts: valid }];
};

const withoutEnd = (holder: Exclude<Holder, { kind: "public" }>): Holder =>
  holder.kind === "pass" ? { ...holder, validity: unbounded, expiresAt: null } : { ...holder, validity: unbounded };

const grantAlways = (facts: Facts): Facts => ({ ...facts, grants: [{ door: facts.door.id, schedule: always }] });

const otherSchedule: Remedies = ({ facts }) => [
  {
    words: `with a grant at ${facts.door.name} whose schedule holds then, such as “Always”`,
    facts: grantAlways(facts),
  },
];

const afterBlock =
  (which: "limited" | "blocked", mend: (facts: Facts) => Facts): Remedies =>
  ({ around, facts, site }) => {
    const began = around[which];
    const end = began === null ? "" : `, at ${secondsText(unixMs(began.at.wall + began.event.blockMs), site.timeZone)}`;
    return [{ words: `after the block ended${end}`, facts: mend(facts) }];
  };

const openMode: Remedies = ({ facts }) => [
  {
    words: `with ${facts.door.name} neither blocked nor locked down`,
    facts: { ...facts, situation: { ...facts.situation, mode: "locked" } },
  },
];

const exempt: Remedies = ({ facts }) =>
  facts.holder?.kind === "person"
    ? [
        {
          words: "as somebody whom lockdowns do not keep out",
          facts: { ...facts, holder: { ...facts.holder, lockdownExempt: true } },
        },
      ]
    : [];

const longerInterval: Remedies = ({ facts }) => {
  const { bySame, byOther } = facts.openedAgoMs;
  const { sameUserMs, differentUserMs } = facts.door.timing;
  const leftMs = Math.max(sameUserMs - (bySame ?? sameUserMs), differentUserMs - (byOther ?? differentUserMs));
  const at = unixMs(facts.now.wall + leftMs);
  return [
    {
      words: `from ${secondsText(at, facts.timeZone)} on`,
      facts: { ...atMoment(facts, at), openedAgoMs: { bySame: null, byOther: null } },
    },
  ];
};

const missingFactor: Remedies = (explained) => {
  const { facts } = explained;
  const need = neededFactors(facts);
  return [...(need === "any" ? [] : [{ words: `with ${needWords[need]}`, facts: null }]), ...wait(explained)];
};

const noPassage: Remedies = ({ facts }) => [
  {
    words:
      facts.passage?.insideMs == null ? "after somebody had left" : "after leaving, or after an operator's forgiving",
    facts: { ...facts, passage: null },
  },
];

const only =
  (words: string): Remedies =>
  () => [{ words, facts: null }];

export const remedies: Readonly<Record<DenyReason, Remedies>> = {
  ledgerUnavailable: only("the same again once the ledger answers"),
  busy: only("the same again a moment later"),
  askExpired: only("the same again a moment later"),
  featureOff: ({ decided, facts }) => [
    {
      words: `with "features.${decided.event.method}" switched on`,
      facts: { ...facts, features: { ...facts.features, [decided.event.method]: true } },
    },
  ],
  methodOff: ({ decided, facts }) => [
    {
      words: `with "${decided.event.method}" among the methods of ${facts.door.name}`,
      facts: { ...facts, door: { ...facts.door, methods: [...facts.door.methods, decided.event.method] } },
    },
  ],
  accessLimited: afterBlock("limited", (facts) => ({ ...facts, guess: freshGuess(facts.now.mono) })),
  entryInvalid: only("a code of its own length"),
  unknownCredential: only("something that is in the directory and has a grant at this door"),
  passUnreadable: only("a pass whose whole code is read"),
  issuerUnknown: only("the issuer's key in the directory"),
  passForged: only("the pass as its issuer made it"),
  issuerExceeded: only("a pass within what its key may give"),
  credentialSuspended: activeCredential,
  credentialLost: activeCredential,
  credentialStolen: activeCredential,
  credentialExpired: longerCredential,
  wrongDirection: ({ facts }) => [
    { words: "in the other direction", facts: { ...facts, direction: facts.direction === "entry" ? "exit" : "entry" } },
  ],
  factorMissing: missingFactor,
  factorWrong: only("with the right second half"),
  personBlocked: afterBlock("blocked", (facts) => ({ ...facts, holderGuess: freshGuess(facts.now.mono) })),
  doorBlocked: openMode,
  lockedDown: (explained) => [...openMode(explained), ...exempt(explained)],
  holderSuspended: ({ facts }) =>
    facts.holder === null
      ? []
      : [
          {
            words: `with the ${facts.holder.kind} active`,
            facts: { ...facts, holder: { ...facts.holder, state: "active" } },
          },
        ],
  revoked: only("a new pass: one that is revoked never opens again"),
  passesOff: ({ facts }) => [
    { words: 'with "passes.enabled" switched on', facts: { ...facts, passes: { ...facts.passes, enabled: true } } },
  ],
  hostSuspended: ({ facts }) =>
    facts.host === null
      ? [{ words: "with its host in the directory", facts: null }]
      : [
          {
            words: "with its host active and valid",
            facts: {
              ...facts,
              host: { ...facts.host, person: { ...facts.host.person, state: "active", validity: unbounded } },
            },
          },
        ],
  notGrantable: ({ facts }) =>
    facts.host === null
      ? []
      : [
          {
            words: `with a host who may let others in at ${facts.door.name}`,
            facts: {
              ...facts,
              door: { ...facts.door, grantableBy: "residents" },
              host: { ...facts.host, grants: [{ door: facts.door.id, schedule: always }] },
            },
          },
        ],
  directoryStale: ({ facts }) => [
    { words: "with a sign of the issuer in the cloud", facts: { ...facts, isDirectoryStale: false } },
  ],
  clockUntrusted: ({ facts }) => [
    {
      words: "with a clock that is trusted, if it reads the same",
      facts: { ...facts, now: { ...facts.now, trusted: true } },
    },
  ],
  notYetValid: wait,
  expired: longerHolder,
  betweenOccurrences: wait,
  activationOver: (explained) => [
    ...wait(explained),
    {
      words: "within its time after it was first opened",
      facts: { ...explained.facts, activatedAt: explained.facts.now.wall },
    },
  ],
  usesExhausted: ({ facts }) => [{ words: "with a use left", facts: { ...facts, uses: { atDoor: 0, total: 0 } } }],
  noGrant: ({ facts }) => [{ words: `with a grant at ${facts.door.name}`, facts: grantAlways(facts) }],
  never: ({ facts }) => {
    const grants = facts.grants.filter(({ schedule }) => schedule.rule.kind !== "never");
    const words = `without the grant with “Never” at ${facts.door.name}`;
    return grants.length > 0
      ? [{ words, facts: { ...facts, grants } }]
      : [{ words: `${words}, and with another one`, facts: grantAlways(facts) }];
  },
  outsideSchedule: (explained) => [...wait(explained), ...otherSchedule(explained)],
  holiday: (explained) => [
    ...wait(explained),
    { words: "without the holiday", facts: { ...explained.facts, holidays: [] } },
    ...otherSchedule(explained),
  ],
  tooSoon: longerInterval,
  passback: noPassage,
  areaFull: noPassage,
  interlocked: ({ facts }) => [
    {
      words: "with the other doors of the interlock closed and locked",
      facts: { ...facts, situation: { ...facts.situation, interlocked: false } },
    },
  ],
};
