import type { Command } from 'commander';
import { examples } from '../examples.ts';

/** `stepcast placers`. */
export function define(program: Command): void {
  examples(
    program
      .command('placers')
      .summary('programs that choose a device for each op')
      .description('Lists the placers: programs that choose a device for each op.')
      .action(async () => (await import('../lists.ts')).placers()),
    [['stepcast placers', '']],
  );
}
