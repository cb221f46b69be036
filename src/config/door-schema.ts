// What an installer may write of a door; knows no other setting.
import { z } from "zod";
import { methods } from "../domain/presentation.ts";
import { factorNeeds } from "../domain/site.ts";
import { hour, id, list, name, second, span } from "./setting.ts";

const schedule = id("office-hours").describe("The id of a schedule of the directory.");

export const auxRelaySchema = z
  .strictObject({
    relay: id("gate").describe("The id of the relay."),
    mode: z
      .enum(["monostable", "bistable"])
      .default("monostable")
      .describe("monostable: releases by itself after holdMs. bistable: each time switches it over."),
    delayMs: span(0, 300 * second, "How long after the permitted presentation it moves.").default(0),
    holdMs: span(100, hour, "How long it stays energized, when it is monostable.").default(5 * second),
    methods: list(z.enum([...methods, "http", "operator", "cloud", "exit", "input"]), 1, 9)
      .default([...methods])
      .describe("Which ways of opening the door drive it."),
  })
  .describe("One further relay.");

const factorRuleSchema = z
  .strictObject({
    schedule,
    need: z
      .enum(factorNeeds)
      .describe(
        "cardAndPin: a card, then its owner's PIN. qrAndCode: a pass's QR, then its secret code. twoPeople: two of them.",
      ),
  })
  .describe("What is needed while a schedule holds.");

const timetableRuleSchema = z
  .strictObject({
    schedule,
    action: z
      .enum(["holdOpen", "lockDown"])
      .describe("holdOpen: the door stands unlocked. lockDown: only exempt people get in."),
    afterFirstPerson: z
      .boolean()
      .default(false)
      .describe("Begin with the first opening by somebody who may hold the door open."),
    mayBeEnded: z
      .boolean()
      .default(false)
      .describe("Whether somebody who may hold the door open ends it by showing a card or code."),
  })
  .describe("What the door does while a schedule holds.");

const alarmsSchema = z
  .strictObject({
    forced: z
      .boolean()
      .default(true)
      .describe("Whether an opening that nobody was let in for alarms. Needs a contact."),
    resetMs: span(0, 240 * 60 * second, "After how long a latched alarm ends by itself; 0 waits for somebody.").default(
      0,
    ),
    administratorTwiceMs: span(
      0,
      60 * second,
      "An administrator who opens twice within so long clears the door's alarm; 0 does not.",
    ).default(0),
  })
  .describe("The door's alarms.");

export const doorSchema = z
  .strictObject({
    id: id("front").describe("How readers and grants refer to this door."),
    name: name("Front door").describe("What people call this door."),
    lock: z
      .enum(["failSecure", "failSafe"])
      .describe(
        "failSecure: the lock stays locked without power (energized is unlocked). failSafe: it opens without power (energized is locked). Read it off the lock: the wrong one leaves the door standing open, or shut in a fire.",
      ),
    relay: id("front-strike").describe("The id of the relay that drives the lock."),
    mode: z
      .enum(["monostable", "bistable"])
      .default("monostable")
      .describe(
        "monostable: locks again by itself. bistable: each permitted presentation switches between open and locked.",
      ),
    auxRelays: list(auxRelaySchema, 0, 8).default([]).describe("Further relays that a permitted presentation drives."),
    contact: id("front-contact")
      .nullable()
      .default(null)
      .describe("The id of the input that sees the door open; null when there is none."),
    exitButtons: list(id("front-exit"), 0, 8).default([]).describe("The ids of the inputs that let people out."),
    tampers: list(id("front-tamper"), 0, 8)
      .default([])
      .describe("The ids of the inputs that see a reader or a box of this door being opened."),
    methods: list(z.enum(methods), 1, methods.length)
      .default([...methods])
      .describe("What may open this door from outside."),
    factors: list(factorRuleSchema, 0, 8)
      .default([])
      .describe("When showing one thing is not enough; the first rule whose schedule holds counts."),
    keypadMode: z
      .enum(["pin", "apartmentPin"])
      .default("pin")
      .describe(
        "apartmentPin: people type their apartment, #, their PIN, #; # alone first for codes without an apartment.",
      ),
    unit: z
      .boolean()
      .default(false)
      .describe("Whether this is the door of a home: passes always need their secret code here."),
    grantableBy: z
      .enum(["residents", "administrators"])
      .default("residents")
      .describe(
        "Whose passes may open this door: those of any resident who may open it, or those of administrators only.",
      ),
    passCodeRequired: z
      .boolean()
      .default(false)
      .describe("Whether a pass needs its secret code here, beside what it shows."),
    timetable: list(timetableRuleSchema, 0, 8).default([]).describe("What the door does by itself, and when."),
    alarms: alarmsSchema.prefault({}),
    leadsTo: id("lobby").nullable().default(null).describe("The id of the area in which one stands after entering."),
    leadsFrom: id("street").nullable().default(null).describe("The id of the area in which one stands after leaving."),
    triggerDelayMs: span(
      0,
      300 * second,
      "How long after a permitted presentation the lock moves; never for exits.",
    ).default(0),
    unlockMs: span(100, hour, "How long the door stays unlocked after a permitted presentation.").default(5 * second),
    extendedUnlockMs: span(100, hour, "The same, for people who need longer to pass.").default(15 * second),
    relockOnClose: z
      .boolean()
      .default(true)
      .describe("Lock as soon as the door falls shut, without waiting for unlockMs to end. Needs a contact."),
    heldOpenMs: span(second, hour, "How long the door may stand open before it alarms. Needs a contact.").default(
      60 * second,
    ),
    extendedHeldOpenMs: span(second, hour, "The same, after somebody who needs longer was let in.").default(
      180 * second,
    ),
    preAlarmMs: span(0, hour, "How long before that alarm the reader warns; 0 does not warn.").default(0),
    sameUserMs: span(0, hour, "How long the same person cannot open again; 0 does not wait.").default(0),
    differentUserMs: span(0, hour, "How long nobody else can open; 0 does not wait.").default(0),
    forcedGraceMs: span(
      0,
      60 * second,
      "How long after locking an opening still counts as the one that was permitted. Needs a contact.",
    ).default(2 * second),
    exitHoldMs: span(
      second,
      hour,
      "How long a held exit button keeps the door unlocked before it counts as stuck.",
    ).default(30 * second),
  })
  .describe("One door: a lock, and what belongs to it.");
