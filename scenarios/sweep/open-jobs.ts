import { UserError } from '../../base/errors.ts';
import type { SweepJob, SweepRow } from './job.ts';
import { refusedKey, sweepId, sweepKey } from './key.ts';
import type { SweepPlan, SweepPoint } from './plan.ts';
import { type Shard, WHOLE } from './shard.ts';
import type { SweepStore } from './store.ts';

/**
 * The jobs of a sweep that are still to run, in the order of its points and each once: what is stored, or equal to a
 * job that was taken before, is left out. Points that make no scenario get their rows, with the reason, on the way;
 * `onRefused` is told. Lazy: a point is resolved when it is asked for.
 */
export function* openJobs(
  plan: SweepPlan,
  store: SweepStore,
  shard: Shard = WHOLE,
  onRefused: (row: SweepRow) => void = () => {},
): Generator<SweepJob> {
  const sweep = sweepId(plan);
  for (let index = shard.index; index < plan.count; index += shard.of) {
    let point: SweepPoint;
    try {
      point = plan.point(index);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      const values = named(plan, plan.values(index));
      const key = refusedKey(sweep, index);
      const row = { sweep, key, index, seed: null, values, error: error.message, figures: [] };
      if (store.append(row)) onRefused(row);
      continue;
    }
    const { scenario } = point;
    const job = { sweep, key: sweepKey(scenario), index, values: named(plan, point.values), scenario };
    if (store.take(job)) yield job;
  }
}

function named({ parameters }: SweepPlan, values: readonly unknown[]): Record<string, unknown> {
  return Object.fromEntries(parameters.map((parameter, i) => [parameter, values[i]]));
}
