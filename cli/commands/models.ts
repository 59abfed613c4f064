import type { Command } from 'commander';
import { examples } from '../examples.ts';

/** `stepcast models`. */
export function define(program: Command): void {
  examples(
    program
      .command('models')
      .summary('models of the zoo')
      .description('Lists the models of the zoo.')
      .option('--json', 'print the result as one JSON document')
      .action(async (options) => (await import('../lists.ts')).models(options)),
    [['stepcast models', '']],
  );
}
