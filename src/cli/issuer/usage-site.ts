// What `postern issuer` does with sites and their controllers, in the words that `postern help issuer` prints.

export const siteForms = [
  "postern issuer init --site SITE --broker-folder DIR [--broker URL] [--postgres URL] [--time-zone ZONE]",
  "postern issuer init --site SITE --broker URL [--ca FILE] [--certificate FILE --key FILE] [--user NAME --password-file FILE]",
  "postern issuer join CODE --controller NAME [--broker URL] [--again]",
  "postern issuer rotate begin | finish [--leave-behind] | claim",
  "postern issuer run",
  "postern issuer directory plan|apply FILE",
  "postern issuer directory list [schedule|holiday|passKey|person|pass]",
  "postern issuer directory remove WHAT ID",
  "postern issuer controllers [list | add CONTROLLER --sign-key=KEY --seal-key=KEY | remove CONTROLLER | give DOOR CONTROLLER]",
  "postern issuer open|lock|unlock|block|doublelock|hold|unhold DOOR",
  "postern issuer lockdown [DOOR ...] [--for TIME]",
  "postern issuer release [DOOR ...]",
  "postern issuer clear fire | clear forced|tamper DOOR",
  "postern issuer revoke person|pass|credential ID",
  "postern issuer sync | restart | identify [--for TIME] | logs [--lines N]",
  "postern issuer events [--last N] [--json]",
  "postern issuer commands",
  "postern issuer drift [--json]",
] as const;

export const siteOptions = [
  ["--site SITE", "which site, where the issuer has several"],
  ["--controller NAME", "which controller, where the site has several; a door's own by default"],
  ["--broker-folder DIR", "a folder that `postern broker` made: it vouches for the site and its controllers"],
  [
    "--postgres URL",
    "with init: keep everything there, for workers on several machines; a file in the folder by default",
  ],
  [
    "--forget-names DAYS",
    "with init: after so many days names go from the events that were taken in; never by default",
  ],
  ["--by NAME", "in whose name a command is given; the record at the doors says so"],
  [
    "rotate",
    "other keys to sign and to seal with: begun, told to controllers while the present ones count, and then put in their place",
  ],
  ["--leave-behind", "although controllers do not know it yet: those are told by the present key when they come back"],
  ["drift", "how far each controller is from where it should be; ends with code 1 while any is"],
] as const;
