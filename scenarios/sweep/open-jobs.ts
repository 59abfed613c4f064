import type { SweepJob, SweepRow } from './job.ts';
import { jobAt } from './job-at.ts';
import { sweepId } from './key.ts';
import type { SweepPlan } from './plan.ts';
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
    const point = jobAt(plan, sweep, index);
    if ('job' in point) {
      if (store.take(point.job)) yield point.job;
    } else if (store.append(point.refused)) onRefused(point.refused);
  }
}
