import { type Command, Option } from 'commander';
import { examples } from '../examples.ts';
import { append, notEmpty, seed, wholeNumber } from '../option-values.ts';

/** `stepcast sweep`. */
export function define(program: Command): void {
  examples(
    program
      .command('sweep')
      .summary('run a scenario with many values, on all cores')
      .description(
        'Runs every point of a sweep: those that the scenario lists in `sweep`, or the grid of --vary. Each finished run is a line in the folder at once, so that a sweep that was interrupted or killed goes on where it was when the same command is given again. Writes results.ndjson, results.csv and sweep.html when all runs are done. Exit code 1 where runs failed.',
      )
      .argument('<scenario>', 'a scenario file (YAML); - reads standard input', notEmpty)
      .option('-o, --output <folder>', 'where to write (default: out/<name of the scenario>)', notEmpty)
      .option('--jobs <number>', 'runs at the same time (default: one per core)', wholeNumber(1, 1024))
      .option(
        '--vary <path=values>',
        'what varies, e.g. noise.compute.sigma=[0, 0.1]; several make a grid',
        append,
      )
      .option('--set <path=value>', 'change a value of the scenario; may be given several times', append)
      .option('--seed <number>', "instead of the scenario's seed", seed)
      .option(
        '--shard <i/n>',
        'run only every n-th point, from the i-th; auto: as an array job says',
        notEmpty,
      )
      .addOption(
        new Option(
          '--redis <url>',
          'run on the workers of a queue (`stepcast worker`) instead: redis://host:port',
        )
          .argParser(notEmpty)
          .conflicts('jobs'),
      )
      .option('--queue <name>', 'with --redis: workers of the same name run it', notEmpty, 'default')
      .option('--fresh', 'forget what earlier runs of the sweep left in the folder')
      .option('--retry-failed', 'run again what failed')
      .option('--fail-fast', 'stop at the first run that fails')
      .option('--json', 'print one JSON document instead of tables')
      .action(async (path, options) => (await import('../sweep.ts')).sweep(path, options)),
    [
      ['stepcast sweep scenarios/sweep-network.yaml', 'its points; the same again goes on where it was'],
      ["stepcast sweep scenarios/quickstart.yaml --vary 'cluster.workers.accelerator=[k40, v100]'", ''],
      [
        'stepcast sweep scenarios/sweep-network.yaml --shard 2/8 -o out/part2',
        'then: stepcast merge out/part*',
      ],
      ['stepcast sweep scenarios/sweep-network.yaml --redis redis://10.0.0.5', 'on many machines'],
    ],
  );
}
