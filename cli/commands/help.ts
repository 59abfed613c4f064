import type { Command } from 'commander';
import { UserError, unknownName } from '../../base/errors.ts';

/** `stepcast help`. */
export function define(program: Command): void {
  program
    .command('help')
    .summary('print the help of a command')
    .argument('[command]')
    .action((name) => (name === undefined ? program : commandNamed(name, program)).outputHelp());
}

function commandNamed(name: string, { commands }: Command): Command {
  const found = commands.find((command) => command.name() === name);
  if (found !== undefined) return found;
  throw new UserError(
    unknownName(
      'command',
      name,
      commands.map((command) => command.name()),
    ),
  );
}
