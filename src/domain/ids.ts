// Names of things, branded so that a reader's id cannot stand where a door's belongs.

type Id<Kind extends string> = string & { readonly id: Kind };

export type DoorId = Id<"door">;
export type ReaderId = Id<"reader">;
export type RelayId = Id<"relay">;
export type InputId = Id<"input">;
export type PersonId = Id<"person">;
export type PassId = Id<"pass">;
export type CredentialId = Id<"credential">;
export type ScheduleId = Id<"schedule">;
export type HolidayId = Id<"holiday">;
/** One of the shared codes. */
export type PublicId = Id<"public">;
export type AreaId = Id<"area">;
export type ActionId = Id<"action">;
/** A key of an issuer of carried passes or offline codes. */
export type PassKeyId = Id<"passKey">;
/** `<run>.<n>`: unique for ever, because a run's name is random. */
export type AskId = Id<"ask">;
/** One life of the door loop, named at its start. */
export type RunId = Id<"run">;
/** The machine's boot, as the kernel names it: monotonic times compare only within one. */
export type BootId = Id<"boot">;

/** What an id may look like wherever a person writes one. */
export const idPattern = /^[a-z0-9][a-z0-9-]{0,62}$/;
