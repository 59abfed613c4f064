import { UserError } from '../base/errors.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { RunRequest } from './request.ts';

/** A part of the graph that runs after every so many steps, such as a checkpoint (OSDI'16, section 4.3). */
export interface PeriodicPart {
  readonly every: number;
  readonly targets: readonly string[];
}

/** Which steps are run, and what is done between them. */
export interface StepsRequest {
  /** The first step is number `from`, 0 where not given; the last is `to` − 1. */
  readonly from?: number;
  readonly to: number;
  /** What step number `step` computes. */
  readonly request: (step: number) => RunRequest;
  /** Each runs once `every` steps, 2 · `every` steps … are done, as a step of its own. */
  readonly periodic?: readonly PeriodicPart[];
}

/**
 * Runs step after step and yields the number and the fetched tensors of each, once the periodic parts that are due after
 * it have run. Steps are counted from 0 whatever `from` is, so that a job that goes on from a checkpoint keeps its rhythm.
 *
 *     for (const { step, fetched } of runSteps(session, { to: 1000, request, periodic })) …
 */
export function* runSteps(
  session: { run(request: RunRequest): Tensor[] },
  { from = 0, to, request, periodic = [] }: StepsRequest,
): Generator<{ readonly step: number; readonly fetched: readonly Tensor[] }> {
  for (const { every } of periodic) {
    if (!Number.isInteger(every) || every < 1) throw new UserError(`a part cannot run every ${every} steps`);
  }
  for (let step = from; step < to; step++) {
    const fetched = session.run(request(step));
    for (const { every, targets } of periodic) if ((step + 1) % every === 0) session.run({ targets });
    yield { step, fetched };
  }
}
