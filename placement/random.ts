import { MemoryLedger } from './memory-ledger.ts';
import type { Placement, Placer, PlacerContext } from './placer.ts';
import { type PlacementProblem, placedGroups } from './problem.ts';
import { Trials } from './trials.ts';

export interface RandomOptions {
  /** With this, the best of so many draws (or of `context.evaluations`): random search. Without: one draw, not scored. */
  readonly draws?: number;
}

/**
 * Each colocation group on one of its feasible devices, all equally likely: those that have room (see MemoryLedger) for
 * its first member and its variables, or else the one that lacks least.
 */
export function random({ draws }: RandomOptions = {}): Placer {
  if (draws === undefined) {
    return {
      name: 'random',
      description: 'each colocation group on a random device',
      random: true,
      place: (problem, context) => ({ placement: drawn(problem, context), evaluations: 0 }),
    };
  }
  return {
    name: 'random-search',
    description: 'the best of many random placements',
    searches: true,
    place(problem, context) {
      const trials = new Trials(context, draws, problem.taskCount);
      if (!trials.mayGoOn) return { placement: drawn(problem, context), evaluations: 0 };
      while (trials.mayGoOn) trials.score(drawn(problem, context));
      return trials.result();
    },
  };
}

function drawn(problem: PlacementProblem, { random }: PlacerContext): Placement {
  const { taskCount, group, groupCount, feasible } = problem;
  const ledger = new MemoryLedger(problem);
  const deviceOf = new Int32Array(groupCount).fill(-1);
  for (let task = 0; task < taskCount; task++) {
    const g = group[task]!;
    if (deviceOf[g]! < 0) {
      const lacks = feasible[g]!.map((d) => ledger.overflow(task, d));
      const least = Math.min(...lacks);
      const choice = feasible[g]!.filter((_, i) => lacks[i] === least);
      deviceOf[g] = choice[random.below(choice.length)]!;
    }
    ledger.assign(task, deviceOf[g]!);
  }
  return placedGroups(problem, deviceOf);
}
