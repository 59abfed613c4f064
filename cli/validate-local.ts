import { availableParallelism } from 'node:os';
import { UserError } from '../base/errors.ts';
import { formatPercent, formatSeconds } from '../base/units.ts';
import { calibrate } from '../scenarios/local/calibrate.ts';
import { LOCAL_MODELS, LOCAL_PARTITIONS } from '../scenarios/local/models.ts';
import { type LocalScore, validateDevices, validateThreads } from '../scenarios/local/validate.ts';
import { type Profile, readProfile } from '../scenarios/profile-file.ts';
import { type Progress, progressOn } from './progress.ts';
import { formatTable } from './table.ts';

export interface ValidateLocalOptions {
  readonly profile?: string;
  readonly quick?: boolean;
}

/** Mean errors beyond which the exit code is 1. */
const BOUNDS = { oneThread: 0.1, twoThreads: 0.15, twoDevices: 0.15 };

/**
 * `stepcast validate local`: predicts steps of models from kernels measured on other shapes, then runs them. Exit code 1
 * where a mean error is beyond its bound.
 */
export async function validateLocal({ profile: path, quick = false }: ValidateLocalOptions): Promise<void> {
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
  const oneThread = validateThreads(LOCAL_MODELS, one, quick, shown('one thread'));
  print(progress, 'One thread', oneThread, BOUNDS.oneThread);
  if (availableParallelism() < 2) {
    process.stdout.write('This machine has one core: two threads and two devices are not run.\n');
    return;
  }
  const twoDevices = await validateDevices(LOCAL_PARTITIONS, one, quick, shown('two devices'));
  print(progress, 'Cut between two devices, a thread each', twoDevices, BOUNDS.twoDevices);
  const twoThreads = validateThreads(LOCAL_PARTITIONS, await measured(2), quick, shown('two threads'));
  print(progress, 'Two threads that share the work of each op', twoThreads, BOUNDS.twoThreads);
}

const showOn =
  (progress: Progress) =>
  (on: string) =>
  (name: string, done: number, total: number): void =>
    progress.show(`Running on ${on}: ${name}`, `, ${done + 1} of ${total}`);

function print(
  progress: Progress,
  title: string,
  { rows, meanError, bias }: LocalScore,
  bound: number,
): void {
  progress.end();
  const right = 'right' as const;
  const signed = (share: number): string => `${share < 0 ? '−' : '+'}${formatPercent(Math.abs(share))}`;
  const errors = rows.map(({ predictedSeconds, measuredSeconds }) => predictedSeconds / measuredSeconds - 1);
  const table = formatTable([
    { header: title, cells: rows.map(({ name }) => name) },
    { header: 'predicted', align: right, cells: rows.map((row) => formatSeconds(row.predictedSeconds)) },
    { header: 'measured', align: right, cells: rows.map((row) => formatSeconds(row.measuredSeconds)) },
    { header: 'error', align: right, cells: errors.map(signed) },
  ]);
  const holds = meanError <= bound;
  if (!holds) process.exitCode = 1;
  const verdict = holds ? 'within' : 'beyond';
  process.stdout.write(
    `${table}mean error ${formatPercent(meanError)} (bias ${signed(bias)}), ${verdict} the bound of ${formatPercent(bound)}\n\n`,
  );
}
