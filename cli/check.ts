import { formatInteger } from '../base/format.ts';
import { printable } from '../base/text.ts';
import { formatCount } from '../base/units.ts';
import { type CheckedFile, checkFile } from '../scenarios/check.ts';
import { colorsFor } from './colors.ts';
import { printJson } from './print-json.ts';
import { progressOn } from './progress.ts';

export interface CheckOptions {
  readonly set?: readonly string[];
  readonly json?: boolean;
}

const BAD_INPUT = 2;

/** `stepcast check`: a line per good file on stdout, problems on stderr. */
export async function check(
  paths: readonly string[],
  { set = [], json = false }: CheckOptions,
): Promise<void> {
  const progress = progressOn(process.stderr);
  const files: CheckedFile[] = [];
  try {
    for (const path of paths) {
      const file = checkFile(path, {
        set,
        onProgress: (done, total) => {
          if (total >= 100)
            progress.show(`${printable(path)}: checking points`, ` ${done}/${total}`, done / total);
        },
      });
      files.push(file);
      if (!json) tell(file);
    }
  } finally {
    progress.end();
  }
  if (json) printJson({ good: files.every(isGood), files: files.map(forPrograms) });
  if (!files.every(isGood)) process.exitCode = BAD_INPUT;
}

const isGood = ({ problems }: CheckedFile): boolean => problems.length === 0;

function tell(file: CheckedFile): void {
  const prefix = colorsFor(process.stderr).red('error:');
  for (const line of file.problems) process.stderr.write(`${prefix} ${printable(line)}\n`);
  if (isGood(file)) process.stdout.write(`${printable(file.file)}: good: ${inWords(file)}\n`);
}

function inWords({ experiments, runs, activities, sweep }: CheckedFile): string {
  const scenario = [
    counted(experiments, 'experiment'),
    counted(runs, 'run'),
    ...(activities === 0 ? [] : [`about ${formatCount(activities)} activities`]),
  ].join(', ');
  if (sweep === null) return scenario;
  const { count, checked, parameters } = sweep;
  const varied = parameters.length === 0 ? 'seeds' : parameters.map(printable).join(', ');
  const some = checked < count ? ` (${formatInteger(checked)} of them checked)` : '';
  return `a sweep of ${counted(count, 'point')}${some} over ${varied}; each ${scenario}`;
}

const counted = (count: number, what: string): string =>
  `${formatInteger(count)} ${what}${count === 1 ? '' : 's'}`;

/** With the parts of each problem apart. */
function forPrograms({ problems, ...file }: CheckedFile): object {
  return {
    ...file,
    good: problems.length === 0,
    problems: problems.map((text) => {
      const [, where, line, column, message] = /^(.*?):(\d+):(\d+): (.*)$/s.exec(text) ?? [];
      return where === undefined
        ? { file: null, line: null, column: null, message: text }
        : { file: where, line: Number(line), column: Number(column), message };
    }),
  };
}
