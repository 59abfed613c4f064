import { type Command, Option } from 'commander';
import { examples } from '../examples.ts';
import { notEmpty, wholeNumber } from '../option-values.ts';

/** `stepcast worker`. */
export function define(program: Command): void {
  examples(
    program
      .command('worker')
      .summary('run the jobs of sweeps on other machines')
      .description(
        'Takes runs of sweeps from a queue in Redis or Valkey and sends back what they gave, until it is told to end: Ctrl-C or SIGTERM finishes the runs that are under way. A worker that dies costs no run: another one has it within 45 seconds. `stepcast sweep --redis` makes the queue.',
      )
      .requiredOption(
        '--redis <url>',
        'redis://[user[:password]@]host[:port][/database], or rediss:// for TLS; the variable STEPCAST_REDIS_PASSWORD hides the password from the list of processes',
        notEmpty,
      )
      .option('--queue <name>', 'sweeps of the same name give it runs', notEmpty, 'default')
      .option('--jobs <number>', 'runs at once, each a process (default: one per core)', wholeNumber(1, 1024))
      .option(
        '--idle <seconds>',
        'end after so long without a run (default: never)',
        wholeNumber(1, 31_536_000),
      )
      .option('--json', 'at the end, print how many runs it did as JSON')
      .addOption(
        new Option('--lock <seconds>', 'how long Redis waits for a sign of life')
          .argParser(wholeNumber(1, 3600))
          .hideHelp(),
      )
      .action(async (options) => (await import('../worker.ts')).worker(options)),
    [
      ['stepcast worker --redis redis://10.0.0.5', 'one run per core at a time'],
      ['stepcast worker --redis rediss://sweeps@queue.example.org --jobs 4', 'with TLS'],
      ['stepcast worker --redis redis://10.0.0.5 --idle 60', 'leaves when there is nothing to do'],
    ],
  );
}
