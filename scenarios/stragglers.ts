import { mean } from '../base/statistics.ts';
import { Action } from '../sim/activity-graph.ts';
import type { CompiledPlan } from '../sim/compile.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { Stragglers } from './results.ts';

/** Replicas that are listed. */
const LISTED = 50;

/** Of replicas of which there are several; null elsewhere, and where nothing was noted. */
export function stragglersOf({ loops }: CompiledPlan, simulation: Simulation): Stragglers | null {
  const { stragglers: times, gradientsDropped } = simulation;
  if (times === undefined || times.steps.length < 2 || times.steps.every((steps) => steps === 0)) return null;
  const { stepSeconds, computeSeconds, lastShare, waitsFor } = times;
  const by = waitsFor === 'nothing' ? stepSeconds : lastShare;
  const order = Array.from(by.keys()).sort(
    (a, b) => by[b]! - by[a]! || computeSeconds[b]! - computeSeconds[a]! || a - b,
  );
  const [listed, others] = [order.slice(0, LISTED), order.slice(LISTED)];
  const column = (of: Float64Array, join: (values: number[]) => number = mean): number[] => {
    const rest = others.map((replica) => of[replica]!);
    return [...listed.map((replica) => of[replica]!), ...(rest.length === 0 ? [] : [join(rest)])];
  };
  const names = replicaNames(loops, by.length);
  return {
    worker: [
      ...listed.map((replica) => names[replica]!),
      ...(others.length === 0 ? [] : [`${others.length} other${others.length === 1 ? '' : 's'}`]),
    ],
    hasOthers: others.length > 0,
    computeSeconds: column(computeSeconds),
    stepSeconds: waitsFor === 'ranks' ? null : column(stepSeconds),
    lastShare:
      waitsFor === 'nothing' ? null : column(lastShare, (shares) => shares.reduce((a, b) => a + b, 0)),
    droppedShare: gradientsDropped === 0 ? null : column(droppedShare(loops, simulation)),
  };
}

/** `worker/3`; where several loops make up a replica, what their names begin with. */
function replicaNames(loops: CompiledPlan['loops'], replicas: number): string[] {
  return Array.from({ length: replicas }, (_, replica) => {
    const names = loops.filter(({ loop }) => loop.replica === replica).map(({ loop }) => loop.name);
    return names.length === 1
      ? names[0]!
      : (names[0]?.split('/').slice(0, 2).join('/') ?? `replica/${replica}`);
  });
}

/** Per replica: of the gradients that it handed in, those that came too late. */
function droppedShare(loops: CompiledPlan['loops'], { droppedByLoop, stragglers }: Simulation): Float64Array {
  const { steps } = stragglers!;
  const share = new Float64Array(steps.length);
  for (const [l, { loop, activities }] of loops.entries()) {
    if (loop.replica < 0 || steps[loop.replica] === 0) continue;
    const perStep = activities.action.reduce(
      (sum, action) => sum + (action === Action.accumulatorApply ? 1 : 0),
      0,
    );
    if (perStep > 0) share[loop.replica] = Math.min(1, droppedByLoop[l]! / (perStep * steps[loop.replica]!));
  }
  return share;
}
