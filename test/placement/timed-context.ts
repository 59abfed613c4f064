import { stream } from '../../base/random.ts';
import { ListTimer } from '../../placement/list-timer.ts';
import { MemoryLedger } from '../../placement/memory-ledger.ts';
import { OrderedTimer } from '../../placement/ordered-timer.ts';
import type { Placement, PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';

/** A context in which placements are timed by list scheduling on the idle network, and memory is what the ledger says. */
export function timedContext(
  problem: PlacementProblem,
  options: { readonly ordered?: boolean } = {},
): PlacerContext & { readonly calls: () => number } {
  const failing = 1e9;
  const timer = new ListTimer(problem);
  const orderedTimer = new OrderedTimer(problem);
  let calls = 0;
  const scored = (placement: Placement, seconds: () => number): number => {
    calls++;
    const missing = missingBytes(problem, placement);
    return missing > 0 ? failing + missing : seconds();
  };
  return {
    evaluate: (placement) => scored(placement, () => timer.seconds(placement)),
    ...(options.ordered === true && {
      evaluateOrdered: (placement: Placement, priority: Float64Array) =>
        scored(placement, () => orderedTimer.seconds(placement, priority)),
    }),
    failing,
    random: stream(1, 'placer'),
    calls: () => calls,
  };
}

/** Bytes beyond the devices' memories, tasks run in the order of their numbers. */
export function missingBytes(problem: PlacementProblem, placement: Placement): number {
  const ledger = new MemoryLedger(problem);
  for (const [task, device] of placement.entries()) ledger.assign(task, device);
  return ledger.peak.reduce((sum, peak, d) => sum + Math.max(0, peak - problem.capacityBytes[d]!), 0);
}
