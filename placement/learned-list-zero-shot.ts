import { judgeOf } from './learned-list/judge.ts';
import type { PolicyWeights } from './learned-list/policy.ts';
import { shippedWeights } from './learned-list/shipped.ts';
import { viewsOf } from './learned-list/views.ts';
import type { Placer } from './placer.ts';
import { Trials } from './trials.ts';

export interface ZeroShotOptions {
  /** Default: the shipped policy. */
  readonly weights?: PolicyWeights;
  /** Placements drawn besides those that the policy holds likeliest. */
  readonly samples?: number;
  /** Larger problems are coarsened to about so many tasks. */
  readonly tasks?: number;
}

/**
 * The shipped policy of the learned list scheduler (see `learnedList`) as it is: it learns nothing on the problem. Of its likeliest
 * placement in each view (up to six, see `viewsOf`), and of a few drawn at low temperatures in the best view, the one that scores
 * best. Needs no executor.
 *
 * Known weaknesses: those of list scheduling where the policy learned nothing better; families of graphs unlike all that it
 * learned on; memory is estimated while it places, and what does not fit is tried again with less of each memory.
 */
export function learnedListZeroShot(options: ZeroShotOptions = {}): Placer {
  const { samples = 10, tasks = 1200 } = options;
  return {
    name: 'learned-list-zero-shot',
    description: 'the shipped policy of learned-list as it is, without learning on the graph',
    random: true,
    place(problem, context) {
      const weights = options.weights ?? shippedWeights();
      const trials = new Trials(context, Number.POSITIVE_INFINITY, problem.taskCount);
      const { coarse, judge } = judgeOf(problem, context, trials, tasks);
      const [view] = viewsOf(coarse, weights, judge);
      for (let k = 0; k < samples && view !== undefined && judge.mayGoOn(); k++) {
        const temperature = 0.1 + (0.4 * k) / samples;
        judge.score(view.rollOut.run(weights, { random: context.random, temperature }));
      }
      return trials.result(view?.note);
    },
  };
}
