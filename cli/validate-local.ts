import { availableParallelism } from 'node:os';
import { UserError } from '../base/errors.ts';
import { formatPercent, formatSeconds } from '../base/units.ts';
import { calibrate } from '../scenarios/local/calibrate.ts';
import { LOCAL_MODELS, LOCAL_PARTITIONS } from '../scenarios/local/models.ts';
import { type LocalScore, validateDevices, validateThreads } from '../scenarios/local/validate.ts';
import { type Profile, readProfile } from '../scenarios/profile-file.ts';
import { printJson } from './print-json.ts';
import { type Progress, progressOn } from './progress.ts';
import { formatTable } from './table.ts';

export interface ValidateLocalOptions {
  readonly profile?: string;
  readonly quick?: boolean;
  readonly json?: boolean;
}

/** Mean errors beyond which the exit code is 1. */
const BOUNDS = { oneThread: 0.1, twoThreads: 0.15, twoDevices: 0.15 };

/**
 * `stepcast validate local`: predicts steps of models from kernels measured on other shapes, then runs them. Exit code 1
 * where a mean error is beyond its bound.
 */
export async function validateLocal(options: ValidateLocalOptions): Promise<void> {
  const { profile: path, quick = false, json = false } = options;
  const progress = progressOn(process.stderr);
  const given = path === undefined ? undefined : readProfile(path);
  if (given !== undefined && (given.device.kind !== 'CPU' || given.exchange === undefined)) {
    throw new UserError(
      `${path}: is no profile of this machine on one thread; make one by stepcast calibrate`,
    );
  }
  const measured = async (threads: number): Promise<Profile> =>
    calibrate({
      threads,
      quick,
      onProgress: (what, done, total) =>
        progress.show(
          `Measuring layers on ${threads} thread${threads === 1 ? '' : 's'}: ${what}`,
          `, ${done} of ${total}`,
        ),
    });
  const one = given ?? (await measured(1));
  const shown = showOn(progress);
  const scores: { [setting in keyof typeof BOUNDS]?: LocalScore } = {};
  const score = (setting: keyof typeof BOUNDS, title: string, found: LocalScore): void => {
    scores[setting] = found;
    progress.end();
    if (!json) process.stdout.write(scoreText(title, found, BOUNDS[setting]));
    if (found.meanError > BOUNDS[setting]) process.exitCode = 1;
  };
  score('oneThread', 'One thread', validateThreads(LOCAL_MODELS, one, quick, shown('one thread')));
  if (availableParallelism() >= 2) {
    const devices = await validateDevices(LOCAL_PARTITIONS, one, quick, shown('two devices'));
    score('twoDevices', 'Cut between two devices, a thread each', devices);
    const threads = validateThreads(LOCAL_PARTITIONS, await measured(2), quick, shown('two threads'));
    score('twoThreads', 'Two threads that share the work of each op', threads);
  } else if (!json) {
    process.stdout.write('This machine has one core: two threads and two devices are not run.\n');
  }
  if (json) printJson({ holds: process.exitCode !== 1, bounds: BOUNDS, ...scores });
}

const showOn =
  (progress: Progress) =>
  (on: string) =>
  (name: string, done: number, total: number): void =>
    progress.show(`Running on ${on}: ${name}`, `, ${done + 1} of ${total}`);

function scoreText(title: string, { rows, meanError, bias }: LocalScore, bound: number): string {
  const right = 'right' as const;
  const signed = (share: number): string => `${share < 0 ? '−' : '+'}${formatPercent(Math.abs(share))}`;
  const errors = rows.map(({ predictedSeconds, measuredSeconds }) => predictedSeconds / measuredSeconds - 1);
  const table = formatTable([
    { header: title, cells: rows.map(({ name }) => name) },
    { header: 'predicted', align: right, cells: rows.map((row) => formatSeconds(row.predictedSeconds)) },
    { header: 'measured', align: right, cells: rows.map((row) => formatSeconds(row.measuredSeconds)) },
    { header: 'error', align: right, cells: errors.map(signed) },
  ]);
  const verdict = meanError <= bound ? 'within' : 'beyond';
  return `${table}mean error ${formatPercent(meanError)} (bias ${signed(bias)}), ${verdict} the bound of ${formatPercent(bound)}\n\n`;
}
