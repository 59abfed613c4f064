import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { notEmpty } from '../option-values.ts';

/** `stepcast report`. */
export function define(program: Command): void {
  examples(
    program
      .command('report')
      .summary('draw the report of earlier results again')
      .description('Draws the report of a results.json again.')
      .argument('<results>', 'a results.json that `stepcast run` wrote; - reads standard input', notEmpty)
      .option('-o, --output <file>', 'where to write (default: report.html beside the results)', notEmpty)
      .option('--json', 'print the result as one JSON document')
      .action(async (path, options) => (await import('../report.ts')).report(path, options)),
    [['stepcast report out/quickstart/results.json -o quickstart.html', '']],
  );
}
