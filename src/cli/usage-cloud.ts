// What the commands about the cloud's link are for, in the words that `postern help` prints.
import type { Usage } from "./usage-people.ts";
import { keysOption, stateOption } from "./usage-people.ts";

export const cloudUsage: Readonly<Record<string, Usage>> = {
  join: {
    forms: [
      "postern join --broker URL [--again] [--state DIR] [--keys DIR]",
      "postern join --rotate [--state DIR] [--keys DIR]",
    ],
    what: "Show a code, and become a controller of the site at whose issuer it is typed within ten minutes.",
    options: [
      ["--broker URL", "where both can be reached for pairing, such as mqtts://broker.example:8884"],
      ["--again", "although it is paired already: its present keys are given up"],
      ["--rotate", "make new keys for the controller that it is, handed to its issuer under the present ones"],
      stateOption,
      keysOption,
    ],
  },
  broker: {
    forms: ["postern broker DIR [--host NAME ...] [--bind ADDRESS] [--port N] [--password-port N] [--user NAME]"],
    what: "Make the folder that a Mosquitto for controllers and issuers runs on; what is good in it already stays.",
    options: [
      ["--host NAME", "a name or IPv4 address under which it is reached, once for each; localhost by default"],
      ["--bind ADDRESS", "the address that it listens on; 0.0.0.0 by default"],
      ["--port N", "for clients with certificates; 8883 by default"],
      ["--password-port N", "for those with a name and a password, and for pairing; 8884 by default"],
      ["--user NAME", "as whom it runs when root starts it: the folder is given to them; whoever makes it by default"],
    ],
  },
};
