import type { Command } from 'commander';
import { examples } from '../examples.ts';

/** `stepcast placers`. */
export function define(program: Command): void {
  examples(
    program
      .command('placers')
      .summary('programs that choose a device for each op')
      .description('Lists the placers: programs that choose a device for each op.')
      .option('--json', 'print the result as one JSON document')
      .action(async (options) => (await import('../lists.ts')).placers(options)),
    [['stepcast placers', '']],
  );
}
