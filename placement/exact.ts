import { UserError } from '../base/errors.ts';
import { formatSeconds } from '../base/units.ts';
import { lowerBounds } from './bounds.ts';
import { ScheduleSearch } from './exact/search.ts';
import { heftSchedule } from './heft.ts';
import { MemoryLedger } from './memory-ledger.ts';
import { OrderedTimer } from './ordered-timer.ts';
import type { Placement, Placer } from './placer.ts';
import type { PlacementProblem } from './problem.ts';

export interface ExactOptions {
  /** Partial schedules to visit at most; default one million. */
  readonly nodes?: number;
  readonly expired?: (() => boolean) | undefined;
}

export interface ExactSchedule {
  readonly placement: Placement;
  /** For OrderedTimer, which gives `seconds` with it: first task first. */
  readonly priority: Float64Array;
  /** The tasks as they start. */
  readonly order: Int32Array;
  readonly seconds: number;
  /** Whether no schedule is shorter. */
  readonly proven: boolean;
  /** Whether it fits into memory, as the ledger estimates it. */
  readonly fits: boolean;
  /** Partial schedules visited. */
  readonly nodes: number;
}

/** Sets of tasks are numbers of 53 bits; long before, the search does not end. */
const MOST_TASKS = 50;

/**
 * A shortest schedule, in OrderedTimer's model: devices run tasks one after another in an order that is chosen too,
 * transfers do not share links. Branch and bound (see ScheduleSearch), from the best of HEFT's schedule and each single
 * device on. Where tasks do not all fit on one device, schedules that fit by MemoryLedger's estimate come first:
 * `seconds` is the least of those, and only where there is none (or none was found) the least of all.
 */
export function exactSchedule(problem: PlacementProblem, options: ExactOptions = {}): ExactSchedule {
  const { taskCount } = problem;
  if (taskCount > MOST_TASKS) throw new UserError(`${taskCount} tasks are too many for an exact schedule`);
  const holdMemory = mayOverflow(problem);
  let search = searched(problem, options, holdMemory);
  const fits = search.bestSeconds < Number.POSITIVE_INFINITY;
  let { nodes } = search;
  let proven = !search.ended;
  if (!fits) {
    search = searched(problem, options, false);
    nodes += search.nodes;
    proven &&= !search.ended;
  }
  const order = search.bestOrder;
  return {
    placement: search.bestPlacement,
    priority: prioritiesOf(order),
    order,
    seconds: taskCount === 0 ? 0 : search.bestSeconds,
    proven,
    fits: fits || !holdMemory,
    nodes,
  };
}

function searched(
  problem: PlacementProblem,
  { nodes = 1_000_000, expired }: ExactOptions,
  holdMemory: boolean,
): ScheduleSearch {
  const search = new ScheduleSearch(problem, { nodes, expired, holdMemory });
  if (problem.taskCount === 0) return search;
  const timer = new OrderedTimer(problem);
  const offer = (placement: Placement, priority: Float64Array): void => {
    const seconds = timer.seconds(placement, priority);
    if (!holdMemory || fitsInOrder(problem, placement, timer.order))
      search.offer(seconds, placement, timer.order);
  };
  const heft = heftSchedule(problem);
  const priority = prioritiesOf(heft.order);
  offer(heft.placement, priority);
  for (let d = 0; d < problem.deviceCount; d++) {
    const placement = problem.group.map((g) =>
      problem.feasible[g]!.includes(d) ? d : problem.feasible[g]![0]!,
    );
    offer(placement, priority);
  }
  if (lowerBounds(problem).seconds < search.bestSeconds * (1 - 1e-12)) search.run();
  return search;
}

/** First task, highest priority. */
export function prioritiesOf(order: Int32Array): Float64Array {
  const priority = new Float64Array(order.length);
  for (const [i, task] of order.entries()) priority[task] = order.length - i;
  return priority;
}

/** Whether some placement may not fit: whether all that there is does not fit on each device. */
function mayOverflow({ capacityBytes, residentBytes, heldBytes, bytes }: PlacementProblem): boolean {
  let all = residentBytes.reduce((a, b) => a + b, 0);
  for (const [tensor, held] of heldBytes.entries()) all += Math.max(held, bytes[tensor]!);
  return capacityBytes.some((capacity) => capacity < all);
}

function fitsInOrder(problem: PlacementProblem, placement: Placement, order: Int32Array): boolean {
  const ledger = new MemoryLedger(problem);
  for (const task of order) {
    if (ledger.overflow(task, placement[task]!) > 0) return false;
    ledger.assign(task, placement[task]!);
  }
  return true;
}

/** More tasks than these are refused by default: time grows like the number of schedules. */
const DEFAULT_TASKS = 12;

/**
 * The optimum of small problems, as a placer. Its objective is the length of a schedule in OrderedTimer's model, not
 * the simulator's: where transfers share links, or devices take what is ready first, another placement may be better.
 *
 * @throws UserError for more than 12 tasks.
 */
export function exact(options: ExactOptions & { readonly tasks?: number } = {}): Placer {
  const { tasks = DEFAULT_TASKS } = options;
  return {
    name: 'exact',
    description: `the best schedule of at most ${tasks} operations, by branch and bound, on an idle network`,
    place(problem, context) {
      if (problem.taskCount > tasks) {
        throw new UserError(
          `placer "exact" takes at most ${tasks} operations, this graph has ${problem.taskCount}; a search (annealing, reinforce) takes any number`,
        );
      }
      const found = exactSchedule(problem, { expired: context.expired, ...options });
      return {
        placement: found.placement,
        ...(context.evaluateOrdered !== undefined && { priority: found.priority }),
        evaluations: 0,
        note: [
          `${found.proven ? 'shortest schedule' : `best after ${found.nodes} partial schedules, not proven`}: ${formatSeconds(found.seconds)} on an idle network`,
          ...(found.fits ? [] : ['none that fits into memory was found']),
        ].join('; '),
      };
    },
  };
}
