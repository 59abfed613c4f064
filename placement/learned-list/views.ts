import { groupings } from '../coplaced.ts';
import { MEMORY_SHARES } from '../fitting.ts';
import type { PlacementProblem } from '../problem.ts';
import { outlookOn } from './outlook.ts';
import type { PolicyWeights } from './policy.ts';
import { RollOut, type TaskOrder } from './roll-out.ts';
import type { Judge } from './search.ts';

/** A way in which the policy may look at a problem: what is decided as one, in which order. */
export interface View {
  readonly note: string;
  readonly rollOut: RollOut;
  /** The policy with which it was seen. */
  readonly weights: PolicyWeights;
  /** Score of what the policy chose in it without chance, before it learned anything. */
  readonly score: number;
}

/**
 * The views of a problem, the best first: each colocation group alone, gradients with their forward tasks, and Baechi's
 * coplacement, each by rank and by readiness. Each fills as much of the memories as the first placement in it can that
 * fits. Views that decide the same are left out.
 */
export function viewsOf(problem: PlacementProblem, weights: PolicyWeights, judge: Judge): readonly View[] {
  const grouped = [['each group', problem] as const, ...groupings(problem)];
  const distinct = grouped.filter(
    ([, { groupCount }], i) => !grouped.slice(0, i).some(([, other]) => other.groupCount === groupCount),
  );
  const views: View[] = [];
  for (const [name, part] of distinct) {
    const outlook = outlookOn(part);
    for (const order of ['rank', 'ready'] as const satisfies readonly TaskOrder[]) {
      let best: View | undefined;
      for (const memoryShare of MEMORY_SHARES) {
        const rollOut = new RollOut(part, { order, outlook, memoryShare });
        const found = judge.score(rollOut.run(weights));
        if (best === undefined || found < best.score) {
          best = { note: `${name}, by ${order}`, rollOut, weights, score: found };
        }
        if (found < judge.failing || !judge.mayGoOn()) break;
      }
      views.push(best!);
      if (!judge.mayGoOn()) return views.sort((a, b) => a.score - b.score);
    }
  }
  return views.sort((a, b) => a.score - b.score);
}
