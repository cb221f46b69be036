// Words for what went wrong, was refused or changed over the network; knows no event.
import type { FailureCause } from "../../../domain/action.ts";
import type { CloudRefusal } from "../../../domain/events.ts";
import type { HomeRefusal } from "../../../domain/home-assistant.ts";
import type { AccessChange, RefusalCause } from "../../../domain/http-opening.ts";

export const cloudRefusalWords: Record<CloudRefusal, string> = {
  oversized: "a message that is too long",
  malformed: "a message that is none",
  misplaced: "a message where it does not belong",
  unsigned: "a message whose signature does not hold",
  foreign: "a message for another controller",
  retained: "a message that the broker had kept",
  stale: "a message that is not of now",
  repeated: "a command that was taken before",
  flooded: "more messages than it reads",
  unsealable: "a message that it cannot open",
};

/** Of requests that were to be sent. */
export const failures: Record<FailureCause, string> = {
  unreachable: "nobody answered there",
  timedOut: "no answer came in time",
  redirected: "it was sent on elsewhere, which is not followed",
  answeredError: "the answer was an error",
  hostNotAllowed: "its host is not in actionHosts",
  secretMissing: "the file with its secret is missing, or others may read it",
  queueFull: "too many were waiting",
  unknownAction: "there is no such action",
  cursorNotKept: "the disk did not take the note that it is sent",
};

export const accessChanges: Record<AccessChange, string> = {
  tokenMade: "was given a token",
  accountSet: "was given a password",
  revoked: "was revoked",
};

export const refusals: Record<RefusalCause, string> = {
  credential: "its token, name or password was wrong",
  door: "it may not open that door",
  address: "it asked from an address that may not",
  blocked: "too many wrong tries before",
  session: "nobody was logged in to the console",
  crossSite: "another site's page asked",
  busy: "too many at once",
};

export const homeRefusals: Record<HomeRefusal, string> = {
  notAllowed: "it may not open doors here",
  retained: "the broker had kept it from before",
  oversized: "it was too long",
  malformed: "it said nothing that is known",
  unknownDoor: "there is no such door",
  flooded: "there were too many",
  late: "nobody could say when it was sent",
  busy: "the doors were busy",
  door: "the door did not take it",
};
