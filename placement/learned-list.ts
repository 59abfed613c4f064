import { invariant } from '../base/errors.ts';
import { lowerBounds } from './bounds.ts';
import { coarsen } from './coarsen.ts';
import { initialWeights, type PolicyWeights } from './learned-list/policy.ts';
import { RollOut } from './learned-list/roll-out.ts';
import { learnOn, type SearchOptions, type Subject } from './learned-list/search.ts';
import type { Placement, Placer, PlacerContext } from './placer.ts';
import type { PlacementProblem } from './problem.ts';
import { upwardRanks } from './ranks.ts';
import { Trials } from './trials.ts';

export interface LearnedListOptions extends SearchOptions {
  /** Where the policy starts; none: from its prior. */
  readonly weights?: PolicyWeights;
  readonly evaluations: number;
  /** Larger problems are coarsened to about so many tasks. */
  readonly tasks: number;
}

export const LEARNED_LIST_DEFAULTS: LearnedListOptions = {
  evaluations: 1024,
  tasks: 700,
  rollOuts: 16,
  learningRate: 0.03,
  entropy: 1e-3,
  clipNorm: 1,
  patience: 25,
  rounds: 8,
};

export function learnedList(options: Partial<LearnedListOptions> = {}): Placer {
  const settings = { ...LEARNED_LIST_DEFAULTS, ...options };
  return {
    name: 'learned-list',
    description: 'list scheduling whose choices a small network learns on the simulated step time',
    searches: true,
    place(problem, context) {
      invariant(context.session !== undefined, 'learned-list needs context.session');
      const trials = new Trials(context, settings.evaluations, problem.taskCount);
      const subject = subjectOf(problem, context, trials, settings.tasks);
      const start = settings.weights ?? initialWeights(context.random);
      subject.score(subject.rollOut.run(start));
      const learnt = learnOn(subject, start, trials, context.session, context.random, settings);
      return trials.result(`${learnt.updates} updates in ${learnt.rounds} rounds`);
    },
  };
}

/** The problem, coarse where it is large. A placement that was scored before is not scored again. */
function subjectOf(
  problem: PlacementProblem,
  context: PlacerContext,
  trials: Trials,
  tasks: number,
): Subject {
  const coarse = problem.taskCount > tasks ? coarsen(problem, tasks) : undefined;
  const rollOut = new RollOut(coarse?.problem ?? problem);
  const priority = coarse === undefined ? rollOut.outlook.rank : upwardRanks(problem, problem.seconds);
  const known = new Map<string, number>();
  return {
    rollOut,
    score: (placement) => {
      const key = keyOf(placement);
      let score = known.get(key);
      if (score === undefined) {
        score = trials.score(coarse?.expand(placement) ?? placement, priority);
        known.set(key, score);
      }
      return score;
    },
    failing: context.failing,
    goal: 1.005 * lowerBounds(problem).seconds,
  };
}

function keyOf(placement: Placement): string {
  let key = '';
  for (const device of placement) key += String.fromCharCode(device);
  return key;
}
