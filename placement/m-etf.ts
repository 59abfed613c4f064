import { groupings } from './coplaced.ts';
import { earliestFirst } from './earliest-first.ts';
import { bestThatFits, MEMORY_SHARES, type Plan } from './fitting.ts';
import type { Placer } from './placer.ts';
import type { PlacementProblem } from './problem.ts';

/**
 * m-ETF of Baechi (Jeon et al., SoCC 2020, section 2.2): the earliest task first of Hwang et al. 1989 with memory limits, on
 * groups of tasks, of Baechi's two groupings (see coplaced) the better by `context.evaluate`. See earliestFirst for the rule. A device without room for a group, its variables above all, is
 * left out for it; a tensor's memory is free again when its last reader has run.
 *
 * Beyond the paper, whose devices are alike: a group looks at its summed seconds, gradients included, besides its start,
 * so slower accelerators get what they can do; and where the simulator finds no room in memory, less of each is filled.
 *
 * Known weaknesses: earliest *start* does not look ahead, so short paths keep devices busy while a long one waits for
 * data; a group is bound by whichever member is ready first; transfers are estimated on an idle network; gradients, which
 * follow their forward tasks, have no say.
 */
export const mEtf: Placer = {
  name: 'm-etf',
  description: 'earliest task first under memory limits (Baechi, 2020)',
  place(problem, context) {
    const variants = groupings(problem).map(([note, grouped]) => earliestPlans(grouped, note));
    return bestThatFits(problem, context, variants);
  },
};

/** Plans that fill less and less of the memories. */
export function* earliestPlans(
  problem: PlacementProblem,
  note: string,
  favourite?: Int32Array,
): Iterable<Plan> {
  for (const memoryShare of MEMORY_SHARES) {
    const options = { memoryShare, ...(favourite !== undefined && { favourite }) };
    yield { ...earliestFirst(problem, options), note };
  }
}
