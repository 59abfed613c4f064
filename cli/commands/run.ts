import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { append, notEmpty, seed, trials } from '../option-values.ts';

/** `stepcast run`. */
export function define(program: Command): void {
  examples(
    program
      .command('run')
      .summary('run the experiments of a scenario')
      .description(
        'Runs all experiments of a scenario and writes report.html, results.json, trace.json (for ui.perfetto.dev) and steps.csv or placements.csv.',
      )
      .argument('<scenario>', 'a scenario file (YAML); - reads standard input', notEmpty)
      .option('-o, --output <folder>', 'where to write (default: out/<name of the scenario>)', notEmpty)
      .option('--seed <number>', "instead of the scenario's seed", seed)
      .option('--trials <number>', 'times that training is repeated, or the error to reach, e.g. 2%', trials)
      .option(
        '--set <path=value>',
        'change a value of the scenario, or remove it: path=; may be given several times',
        append,
      )
      .option('--json', 'print the result as one JSON document')
      .action(async (path, options) => (await import('../run.ts')).run(path, options)),
    [
      ['stepcast run scenarios/quickstart.yaml', ''],
      ['stepcast run scenarios/quickstart.yaml -o out/slow --set cluster.network.link=eth-1g', ''],
      ['stepcast run scenarios/quickstart.yaml --set experiments.cnn.steps=20 --seed 7', ''],
      ['stepcast run scenarios/quickstart.yaml --set noise=', ''],
      ['stepcast run scenarios/quickstart.yaml --trials 2%', 'until step times are known to 2 %'],
    ],
  );
}
