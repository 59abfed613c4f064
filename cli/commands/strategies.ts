import type { Command } from 'commander';
import { examples } from '../examples.ts';

/** `stepcast strategies`. */
export function define(program: Command): void {
  examples(
    program
      .command('strategies')
      .summary('ways in which workers combine their gradients')
      .description('Lists the strategies: how workers combine their gradients.')
      .option('--json', 'print the result as one JSON document')
      .action(async (options) => (await import('../lists.ts')).strategies(options)),
    [['stepcast strategies', '']],
  );
}
