import { invariant } from '../base/errors.ts';
import { judgeOf } from './learned-list/judge.ts';
import { initialWeights, type PolicyWeights } from './learned-list/policy.ts';
import { learnIn, type SearchOptions } from './learned-list/search.ts';
import { shippedWeights } from './learned-list/shipped.ts';
import { viewsOf } from './learned-list/views.ts';
import type { Placer } from './placer.ts';
import { Trials } from './trials.ts';

export interface LearnedListOptions extends SearchOptions {
  /** Policies to start from; default: the shipped one, and an untrained one. */
  readonly starts?: readonly (PolicyWeights | 'untrained')[];
  readonly evaluations: number;
  /** Larger problems are coarsened to about so many tasks. */
  readonly tasks: number;
}

export const LEARNED_LIST_DEFAULTS: LearnedListOptions = {
  evaluations: 1024,
  tasks: 1200,
  rollOuts: 16,
  learningRate: 0.03,
  entropy: 1e-3,
  clipNorm: 1,
  temperatures: [0.03, 0.5],
  patience: 8,
};

/**
 * The learned list scheduler: tasks are placed one by one as in list scheduling, but which device a task takes is drawn from a
 * softmax over scores of (task, device) pairs, the sum of what list scheduling would say and of a small network's say
 * (see RollOut). It starts as list scheduling that knows contention and memory, or as the policy that comes with the
 * package, which learned on other graphs, and learns on this one by REINFORCE (Williams 1992): 16 placements are drawn per
 * update at temperatures from low to high, and
 *
 *     θ += Adam(1/16 · Σ over placements, decisions (A · ∂ ln P(device taken) + entropy · ∂ H))
 *
 * with the advantage A the standardised −ln(step time) of the placement. The same network scores every pair, so it does not grow with
 * the graph, and serves any number of devices (the idea of per-device scores: Zha et al. 2022, DreamShard; of a policy that
 * transfers: Addanki et al. 2019, Placeto). The network is a stepcast graph, differentiated by its gradients and run by
 * the executor (`context.session`).
 *
 * It does so in up to six views of the problem (see viewsOf), from each of its starts, the most promising first, each until it
 * finds nothing better for `patience` updates, and then again with other draws. The result is the best placement that it drew itself.
 *
 * Known weaknesses: it takes tasks in a fixed order or as they get ready, so it cannot undo an early choice but by learning
 * not to make it, which needs that similar pairs deserve similar choices; on regular graphs with few devices annealing,
 * which moves single groups, gets further from the same start; memory is estimated while it places; graphs of more than `tasks`
 * tasks are seen coarsened.
 */
export function learnedList(options: Partial<LearnedListOptions> = {}): Placer {
  const settings = { ...LEARNED_LIST_DEFAULTS, ...options };
  return {
    name: 'learned-list',
    description: 'list scheduling whose choices a small network learns on the simulated step time',
    searches: true,
    place(problem, context) {
      const { session, random } = context;
      invariant(session !== undefined, 'learned-list needs context.session');
      const trials = new Trials(context, settings.evaluations, problem.taskCount);
      const { coarse, judge } = judgeOf(problem, context, trials, settings.tasks);
      const starts = (settings.starts ?? [shippedWeights(), 'untrained']).map((start) =>
        start === 'untrained' ? initialWeights(random) : start,
      );
      const views = starts
        .flatMap((start) => (judge.mayGoOn() ? viewsOf(coarse, start, judge) : []))
        .filter(({ rollOut }) => rollOut.outlook.decisions > 0)
        .sort((a, b) => a.score - b.score);
      let updates = 0;
      let rounds = 0;
      for (let idle = 0; judge.mayGoOn() && idle < views.length; rounds++) {
        const before = trials.count;
        updates += learnIn(views[rounds % views.length]!, judge, session, random, settings).updates;
        idle = trials.count > before ? 0 : idle + 1;
      }
      const note = `${views[0]?.note}; ${updates} updates in ${rounds} rounds`;
      return trials.result(views.length === 0 ? 'the constraints leave no choice' : note);
    },
  };
}
