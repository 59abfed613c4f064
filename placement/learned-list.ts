import { invariant } from '../base/errors.ts';
import { judgeOf } from './learned-list/judge.ts';
import { initialWeights, type PolicyWeights } from './learned-list/policy.ts';
import { learnIn, type SearchOptions } from './learned-list/search.ts';
import { shippedWeights } from './learned-list/shipped.ts';
import { viewsOf } from './learned-list/views.ts';
import type { Placer } from './placer.ts';
import { Trials } from './trials.ts';

export interface LearnedListOptions extends SearchOptions {
  /** Where the policy starts; default: the shipped policy. */
  readonly weights?: PolicyWeights | 'untrained';
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
  temperatures: [0.1, 1],
  patience: 8,
};

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
      const { weights } = settings;
      const start = weights === 'untrained' ? initialWeights(random) : (weights ?? shippedWeights());
      const views = viewsOf(coarse, start, judge);
      let updates = 0;
      let rounds = 0;
      for (let idle = 0; judge.mayGoOn() && idle < views.length; rounds++) {
        const before = trials.count;
        updates += learnIn(views[rounds % views.length]!, start, judge, session, random, settings).updates;
        idle = trials.count > before ? 0 : idle + 1;
      }
      return trials.result(`${views[0]?.note}; ${updates} updates in ${rounds} rounds`);
    },
  };
}
