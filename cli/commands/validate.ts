import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { examples } from '../examples.ts';
import { append, notEmpty, percent, wholeNumber } from '../option-values.ts';

/** `stepcast validate`. */
export function define(program: Command): void {
  const validate = program
    .command('validate')
    .summary('hold predictions against published measurements')
    .description(
      'Predicts the measurements of the ledger and prints, per source, how far off predictions are, beside two baselines on the same points: one fitted constant, and a plain roofline. Writes report.html and validation.json. Exit code 1 where an error is beyond its bound.',
    )
    .argument(
      '[what...]',
      'sources of the ledger that comes with the program, or files of claims of your own, or folders of them (docs/claims.md says how they look); all of the ledger if absent',
      (text, list: string[]) => append(notEmpty(text), list),
    )
    .option('--jobs <number>', 'threads (default: one per core)', wholeNumber(1, 256))
    .option('-o, --output <folder>', 'where to write', notEmpty, join('out', 'validate'))
    .option('--no-files', 'print the tables, and write nothing')
    .option(
      '--bound <percent>',
      'mean absolute percentage error that each claim may have, instead of the bound that it states',
      percent,
    )
    .option('--json', 'print the result as one JSON document')
    .addOption(
      new Option(
        '--write-intervals <file>',
        'write what the intervals of predictions are made of, learnt from these points',
      ).hideHelp(),
    )
    .action(async (what, options) => (await import('../validate.ts')).validate(what, options));
  examples(validate, [
    ['stepcast validate', 'the whole ledger'],
    ['stepcast validate tf_benchmarks_2017 --jobs 4', 'one of its sources'],
    ['stepcast validate ./measurements -o out/measurements', 'a folder of your own claims'],
    ['stepcast validate ./measurements.yaml --bound 15', 'exit code 1 beyond 15 %'],
  ]);
  examples(
    validate
      .command('local')
      .summary('hold predictions against this machine')
      .description(
        'Measures layers on this machine (or takes a profile that `stepcast calibrate` wrote), predicts the steps of models that are not among them, runs these, and prints how far off the predictions are: on one thread, on two, and cut between two devices. Exit code 1 where a mean error is beyond its bound.',
      )
      .option(
        '--profile <file>',
        'a profile of this machine on one thread, instead of measuring now',
        notEmpty,
      )
      .option('--quick', 'fewer layers and runs: less accurate')
      .option('--json', 'print the result as one JSON document')
      .action(async (options) => (await import('../validate-local.ts')).validateLocal(options)),
    [['stepcast validate local', 'takes some minutes']],
  );
}
