import type { Command } from 'commander';
import { examples } from '../examples.ts';

/** `stepcast strategies`. */
export function define(program: Command): void {
  examples(
    program
      .command('strategies')
      .summary('ways in which workers combine their gradients')
      .description('Lists the strategies: how workers combine their gradients.')
      .action(async () => (await import('../lists.ts')).strategies()),
    [['stepcast strategies', '']],
  );
}
