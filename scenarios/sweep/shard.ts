import { UserError } from '../../base/errors.ts';

/** Every `of`-th point of a sweep, beginning with number `index` (from 0): the part of one task of an array job. */
export interface Shard {
  readonly index: number;
  readonly of: number;
}

export const WHOLE: Shard = { index: 0, of: 1 };

const MOST = 1_000_000;

/**
 * `2/8` is the second of eight, as people count. `auto` asks the array job that this runs in: Kubernetes Indexed Jobs
 * (JOB_COMPLETION_INDEX; they do not tell their number, so STEPCAST_SHARDS must) or Slurm arrays
 * (SLURM_ARRAY_TASK_ID, _MIN, _COUNT; steps of 1).
 *
 * @throws UserError where it says neither.
 */
export function parseShard(text: string, environment: NodeJS.ProcessEnv = process.env): Shard {
  if (text === 'auto') return arrayTask(environment);
  const match = /^(\d{1,7})\/(\d{1,7})$/.exec(text);
  const [part, of] = match === null ? [0, 0] : [Number(match[1]), Number(match[2])];
  if (part < 1 || part > of || of > MOST) {
    throw new UserError('--shard: expected i/n with 1 ≤ i ≤ n ≤ 1000000, such as 2/8, or auto');
  }
  return { index: part - 1, of };
}

function arrayTask(environment: NodeJS.ProcessEnv): Shard {
  const number = (name: string): number | undefined => {
    const text = environment[name];
    if (text === undefined || text === '') return undefined;
    if (/^\d{1,7}$/.test(text)) return Number(text);
    throw new UserError(`--shard auto: ${name} is no number`);
  };
  const of = number('STEPCAST_SHARDS') ?? number('SLURM_ARRAY_TASK_COUNT');
  const first = number('SLURM_ARRAY_TASK_MIN') ?? 0;
  const task = number('SLURM_ARRAY_TASK_ID');
  const index = number('JOB_COMPLETION_INDEX') ?? (task === undefined ? undefined : task - first);
  if (index === undefined || of === undefined) {
    throw new UserError(
      '--shard auto: no array job is known here: expected JOB_COMPLETION_INDEX with STEPCAST_SHARDS, or SLURM_ARRAY_TASK_ID with SLURM_ARRAY_TASK_COUNT; or write --shard i/n',
    );
  }
  if (index < 0 || index >= of) {
    throw new UserError(`--shard auto: task ${index} of an array of ${of} is beyond its end`);
  }
  return { index, of };
}

/** In names of files: `2-of-8`; '' of all. */
export function shardName({ index, of }: Shard): string {
  return of === 1 ? '' : `${index + 1}-of-${of}`;
}

/** How many of `count` points a shard has. */
export function pointsIn({ index, of }: Shard, count: number): number {
  return index < count ? Math.floor((count - 1 - index) / of) + 1 : 0;
}
