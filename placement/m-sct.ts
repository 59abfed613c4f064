import { groupings } from './coplaced.ts';
import { favouriteChildren } from './favourite-children.ts';
import { bestThatFits } from './fitting.ts';
import { earliestPlans } from './m-etf.ts';
import type { Placer } from './placer.ts';
import type { PlacementProblem } from './problem.ts';

export interface MSctOptions {
  /**
   * Favourite child per task of a problem with Baechi's groups, −1 for none; default: `favouriteChildren`. The paper's come from
   * `favouritesFrom` a solution of `sctLinearProgram`.
   */
  readonly favourites?: (grouped: PlacementProblem) => Int32Array;
}

/**
 * m-SCT of Baechi (Jeon et al., SoCC 2020, section 2.3): the small communication times of Hanen & Munier 1995 with memory
 * limits. m-ETF in which a device that has just run a task waits for the task's favourite child, if this is ready and would
 * start earliest there; until then it takes only urgent tasks, those whose inputs have arrived everywhere.
 *
 * The paper takes favourite children from a linear program. By default they are chosen mutually instead (see
 * favouriteChildren): placers cannot wait for a solver. `favourites` takes the program's.
 *
 * Known weaknesses: those of m-ETF; and where transfers take longer than tasks, which the theory excludes, waiting may
 * cost more than it saves.
 */
export function mSct({ favourites }: MSctOptions = {}): Placer {
  return {
    name: 'm-sct',
    description: 'm-etf whose devices wait for favourite children (Baechi, 2020)',
    place(problem, context) {
      const origin = favourites === undefined ? 'chosen mutually, not by the linear program' : 'given';
      const variants = groupings(problem).map(([grouping, grouped]) => {
        const favourite = (favourites ?? favouriteChildren)(grouped);
        const count = favourite.reduce((sum, child) => sum + (child >= 0 ? 1 : 0), 0);
        return earliestPlans(grouped, `${grouping}; ${count} favourite children ${origin}`, favourite);
      });
      return bestThatFits(problem, context, variants);
    },
  };
}
