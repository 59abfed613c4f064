import { stream } from '../../base/random.ts';
import { exactSchedule } from '../../placement/exact.ts';
import { ListTimer } from '../../placement/list-timer.ts';
import { OrderedTimer } from '../../placement/ordered-timer.ts';
import type { Placer, PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { meanSeconds, meanTransferSeconds, upwardRanks } from '../../placement/ranks.ts';
import type { Schedule } from './instances/instance.ts';

/** Who makes a schedule of a problem. */
export interface Contestant {
  readonly name: string;
  readonly schedule: (problem: PlacementProblem) => Schedule;
}

/**
 * A placer that says only where tasks run: its devices take, of the tasks that are ready, the one with the longest way to
 * the end first. That is also what its evaluations tell it.
 */
export function listed(placer: Placer): Contestant {
  return {
    name: placer.name,
    schedule: (problem) => {
      const timer = new ListTimer(problem);
      const ranks = rankOf(problem);
      const { placement } = placer.place(problem, {
        evaluate: (candidate) => timer.seconds(candidate, ranks),
        ...common(placer),
      });
      const seconds = timer.seconds(placement, ranks);
      return { placement, start: timer.start, seconds };
    },
  };
}

/** A search for a placement and an order of its tasks. */
export function ordered(placer: Placer, evaluations: number): Contestant {
  return {
    name: placer.name,
    schedule: (problem) => {
      const timer = new OrderedTimer(problem);
      const ranks = rankOf(problem);
      const { placement, priority = ranks } = placer.place(problem, {
        evaluate: (candidate) => timer.seconds(candidate, ranks),
        evaluateOrdered: (candidate, order) => timer.seconds(candidate, order),
        evaluations,
        ...common(placer),
      });
      const seconds = timer.seconds(placement, priority);
      return { placement, start: timer.start, seconds };
    },
  };
}

const common = ({ name }: Placer): Pick<PlacerContext, 'failing' | 'random'> => ({
  failing: Number.POSITIVE_INFINITY,
  random: stream(1, 'bench', name),
});

const rankOf = (problem: PlacementProblem): Float64Array =>
  upwardRanks(problem, meanSeconds(problem), meanTransferSeconds(problem));

/** The exact solver, and per problem whether it has proven its schedule the shortest. */
export class ExactContestant implements Contestant {
  readonly name = 'exact';
  readonly proven: boolean[] = [];
  private readonly nodesOf: (problem: PlacementProblem) => number;

  /** @param nodesOf partial schedules that it may visit */
  constructor(nodesOf: (problem: PlacementProblem) => number = () => 1_000_000) {
    this.nodesOf = nodesOf;
  }

  readonly schedule = (problem: PlacementProblem): Schedule => {
    const found = exactSchedule(problem, { nodes: this.nodesOf(problem) });
    this.proven.push(found.proven);
    const timer = new OrderedTimer(problem);
    const seconds = timer.seconds(found.placement, found.priority);
    return { placement: found.placement, start: timer.start, seconds };
  };
}
