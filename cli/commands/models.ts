import type { Command } from 'commander';
import { examples } from '../examples.ts';

/** `stepcast models`. */
export function define(program: Command): void {
  examples(
    program
      .command('models')
      .summary('models of the zoo')
      .description('Lists the models of the zoo.')
      .action(async () => (await import('../lists.ts')).models()),
    [['stepcast models', '']],
  );
}
