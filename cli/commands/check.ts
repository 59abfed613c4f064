import type { Command } from 'commander';
import { examples } from '../examples.ts';
import { append, notEmpty } from '../option-values.ts';

/** `stepcast check`. */
export function define(program: Command): void {
  examples(
    program
      .command('check')
      .summary('check scenario files without running them')
      .description(
        'Checks scenario files, the files that they name, and the points of sweeps, and says what a run would do. Tells all problems of all files, each with file, line, column and what to write instead. Exit code 2 where there are any.',
      )
      .argument('<scenario...>', 'scenario files (YAML); - reads standard input', (text, list: string[]) =>
        append(notEmpty(text), list),
      )
      .option('--set <path=value>', 'change a value of each; may be given several times', append)
      .option('--json', 'print one JSON document instead of lines')
      .action(async (paths, options) => (await import('../check.ts')).check(paths, options)),
    [
      ['stepcast check scenarios/quickstart.yaml', ''],
      ['stepcast check scenarios/*.yaml', 'several at once'],
      ['stepcast check mine.yaml --set cluster.workers.accelerator=v100 --json', 'for programs'],
    ],
  );
}
