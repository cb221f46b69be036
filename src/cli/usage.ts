// What each subcommand is for, in the words that `postern help` prints.

const usage: Readonly<Record<string, string>> = {
  run: `postern run [--config FILE] [--state DIR] [--keys DIR] [--trace FILE]
      Start the controller; without --config, a simulated site with its panel.`,
  check: `postern check FILE
      Say everything that is wrong with a configuration, or what it would run.`,
  status: `postern status [--state DIR]
      Show the doors and the health of a running controller.`,
  login: `postern login [--state DIR]
      Make a new one-time code for the console of a running controller.`,
  clear: `postern clear fire | forced DOOR [--state DIR]
      Clear a latched alarm.`,
  reload: `postern reload [--state DIR]
      Read the configuration again; a bad one changes nothing.`,
  people: `postern people list [--state DIR]
  postern people add NAME [--id ID] --door DOOR ... [--schedule ID] [--new-pin | --pin-stdin] [--card HEX] [--state DIR]
  postern people remove ID [--state DIR]
      List, add or remove people. A new PIN is printed once; --pin-stdin reads one from standard input.`,
  log: `postern log show [--last N] [--json] [--state DIR]
  postern log follow [--json] [--state DIR]
  postern log verify [--seed FILE] [--state DIR]
      Read the record, follow it live, or check that nobody has edited it.`,
  sim: `postern sim play SCENARIO [--config FILE] [--trace FILE]
  postern sim send COMMAND ... [--state DIR]
      Play a scenario in virtual time, or send one command to a running simulated board.`,
  replay: `postern replay TRACE --config FILE --state DIR
      Feed a recorded trace to a controller in virtual time and compare the relay writes.`,
};

export function usageOf(command?: string): string {
  const own = command === undefined ? undefined : usage[command];
  if (own !== undefined) return `usage:\n  ${own}`;
  return `usage:\n${Object.values(usage)
    .map((text) => `  ${text}`)
    .join("\n")}`;
}
