import { printable } from '../base/text.ts';
import { colorsFor } from './colors.ts';
import { inThread } from './in-thread.ts';
import { printJson } from './print-json.ts';
import { progressOn } from './progress.ts';
import type { RunTask } from './tasks/run.ts';
import { writeFiles } from './write-files.ts';

export interface RunOptions {
  readonly output?: string;
  readonly seed?: number;
  readonly set?: readonly string[];
  /** As a value of the scenario's `trials`. */
  readonly trials?: string;
  readonly json?: boolean;
}

/** `stepcast run`: progress on stderr, the answers on stdout, the rest in files. */
export async function run(path: string, options: RunOptions): Promise<void> {
  const { output, seed, trials, json = false } = options;
  const set = [...(options.set ?? []), ...(trials === undefined ? [] : [`trials=${trials}`])];
  const progress = progressOn(process.stderr);
  const finished: string[] = [];
  const task: RunTask = { command: 'run', path, set, output, seed };
  const { summary, files } = await inThread(task, {
    onProgress: ({ experiment, done, total, message, detail, share: ofAll }) => {
      const whole = Math.floor(done);
      const share = done === whole ? '' : ` ${Math.floor((done - whole) * 100)} %`;
      progress.show(
        `${experiment} ${whole}/${total} ${message}`,
        `${share}${detail && `, ${detail}`}`,
        ofAll,
      );
      if (message === 'done') finished.push(experiment);
    },
    lastWords: () => {
      progress.end();
      return whatIsLeft(path, set, finished);
    },
  }).finally(() => progress.end());
  await writeFiles(files);
  if (json) {
    printJson(summary);
    return;
  }
  const { bold, dim } = colorsFor(process.stdout);
  for (const answer of summary.answers) process.stdout.write(`${bold('•')} ${answer}\n`);
  process.stdout.write(`${dim('Report:')} ${summary.files['report.html']}\n`);
}

/** What an interrupt leaves of a run, and how to go on: experiments can be taken out of a scenario. */
function whatIsLeft(path: string, set: readonly string[], finished: readonly string[]): string {
  const left = 'nothing is written, and what earlier runs wrote is as it was';
  if (finished.length === 0) return left;
  const without = [...set, ...finished.map((name) => `experiments.${name}=`)];
  const words = without.map((change) => `--set ${shellWord(change)}`).join(' ');
  return `${left}; finished were ${finished.join(', ')}: stepcast run ${shellWord(path)} ${words} runs the others`;
}

const shellWord = (text: string): string =>
  /^[\w@%+=:,./-]+$/.test(text) ? text : `'${printable(text).replaceAll("'", "'\\''")}'`;
