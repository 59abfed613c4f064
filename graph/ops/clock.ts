import { fail, type Op } from '../op.ts';
import { noWork } from './costs.ts';

/*
 * Clocks that bound how far workers run ahead of each other: stale synchronous parallel (Ho et al., "More Effective
 * Distributed ML via a Stale Synchronous Parallel Parameter Server", NIPS 2013, section 2). They carry no tensors: a plan
 * declares each (StepClock), and control edges say what waits.
 */

export type ClockAttrs = { readonly clock: string };

/** Waits until no worker of the clock is further behind than its bound allows. */
export const clockWait: Op<ClockAttrs> = {
  name: 'ClockWait',
  effect: true,
  infer: (inputs) => (inputs.length === 0 ? [] : fail('takes no input')),
  cost: noWork,
};

/** Tells the clock that this worker has ended a step. */
export const clockTick: Op<ClockAttrs> = {
  name: 'ClockTick',
  effect: true,
  infer: (inputs) => (inputs.length === 0 ? [] : fail('takes no input')),
  cost: noWork,
};

export const ROWS = { ClockWait: clockWait, ClockTick: clockTick } as const;
