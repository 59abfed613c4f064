import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { notEmpty, seed, wholeNumber } from '../option-values.ts';

/** `stepcast pretrain`. */
export function define(program: Command): void {
  examples(
    program
      .command('pretrain')
      .summary('teach the learned list scheduler on generated graphs')
      .description(
        'Teaches the policy of the placer learned-list on generated training graphs (recurrent, layered, chains) on clusters of all kinds, and writes it to a file. One comes with the package; this makes it again, or another. Minutes.',
      )
      .option('-o, --output <file>', 'where to write', notEmpty, 'policy.json')
      .option('--problems <number>', 'graphs to learn on', wholeNumber(1, 1_000_000))
      .option('--seed <number>', 'of the graphs and of what is drawn (default: 1)', seed)
      .option('--json', 'print the result as one JSON document')
      .action(async (options) => (await import('../pretrain.ts')).pretrain(options)),
    [
      ['stepcast pretrain -o policy.json', 'the policy that comes with the package'],
      ['stepcast pretrain --problems 200 --seed 7 -o quick.json', ''],
    ],
  );
}
