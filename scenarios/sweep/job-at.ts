import { UserError } from '../../base/errors.ts';
import type { SweepJob, SweepRow } from './job.ts';
import { refusedKey, sweepKey } from './key.ts';
import type { SweepPlan } from './plan.ts';

/** The job of a point of a sweep (`sweepId` of the plan); where the point makes no scenario, its row with the reason. */
export function jobAt(
  plan: SweepPlan,
  sweep: string,
  index: number,
): { readonly job: SweepJob } | { readonly refused: SweepRow } {
  const values = Object.fromEntries(
    plan.values(index).map((value, i) => [plan.parameters[i]!, value] as const),
  );
  try {
    const { scenario } = plan.point(index);
    return { job: { sweep, key: sweepKey(scenario), index, values, scenario } };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    const key = refusedKey(sweep, index);
    return { refused: { sweep, key, index, seed: null, values, error: error.message, figures: [] } };
  }
}
