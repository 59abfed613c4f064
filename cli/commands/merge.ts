import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { append, notEmpty } from '../option-values.ts';

/** `stepcast merge`. */
export function define(program: Command): void {
  examples(
    program
      .command('merge')
      .summary('make one file of the runs of a sweep')
      .description(
        'Puts the runs of shards, or of a sweep that was interrupted, together: in the order of the points, each point once, whatever the order in which they were run. The same runs give the same bytes, however the sweep was cut up.',
      )
      .argument('<sources...>', 'folders of sweeps, or files of their runs (.ndjson)', append)
      .option('-o, --output <file>', 'where to write (default: standard output)', notEmpty)
      .option('--force', 'also runs of different sweeps or versions, one after the other')
      .option('--json', 'print what was merged as one JSON document; needs -o')
      .action(async (sources, options) => (await import('../merge.ts')).merge(sources, options)),
    [
      ['stepcast merge out/part1 out/part2 -o results.ndjson', ''],
      ['stepcast merge out/sweep-network | head -1', 'of a sweep that still runs, too'],
    ],
  );
}
