import { mainDevices, placeAside } from './aside.ts';
import { coarsen } from './coarsen.ts';
import { accelerators, coplaced } from './coplaced.ts';
import { bestThatFits, MEMORY_SHARES, type Plan } from './fitting.ts';
import type { Placer } from './placer.ts';
import { type PlacementProblem, placedGroups } from './problem.ts';
import { meanSeconds, upwardRanks } from './ranks.ts';
import { stageOrders } from './stage-order.ts';
import { bestStages, type Stages } from './stage-table.ts';

/** Graphs of more tasks are coarsened to as many, for the table is quadratic. */
const MOST_TASKS = 1500;

/**
 * Pipeline stages: the groups in topological order are cut into one run per device, such that the largest load (work and
 * transfers) is least; by dynamic programming (see `bestStages`), the inner recursion of PipeDream (Narayanan et al.
 * 2019, section 3.1) without replication, or Tarnawski et al. 2020 along one order. Gradients go with their
 * forward tasks. Of several orders (see `stageOrders`) the one with the least load counts.
 *
 * The objective is the throughput of a pipeline that is never empty, not the time of a single step. Split over the
 * accelerators alone, and over them and the CPUs: the better by `context.evaluate`.
 *
 * What may not run on all of these devices is set aside, and goes where it exchanges most bytes. Memory: a stage counts
 * its variables and all that its forward tasks make; where the simulator finds no room, less of each memory is filled.
 *
 * Known weaknesses: without micro-batches the stages of one step run one after another, so for step time it is no better
 * than one device wherever the graph is a chain; branches that could run side by side share a stage.
 */
export const contiguous: Placer = {
  name: 'contiguous',
  description:
    'pipeline stages: runs of the topological order with the least largest load, by dynamic programming',
  place(problem, context) {
    const coarse = problem.taskCount > MOST_TASKS ? coarsen(problem, MOST_TASKS) : undefined;
    const grouped = coplaced(coarse?.problem ?? problem, { joinsReaders: false });
    const orders = stageOrders(grouped);
    const all = mainDevices(grouped);
    const fast = accelerators(grouped, all);
    const priority = upwardRanks(problem, meanSeconds(problem));
    const plans = function* (devices: readonly number[], note: string): Iterable<Plan> {
      for (const share of MEMORY_SHARES) {
        const placement = placedGroups(grouped, stagesOn(grouped, orders, devices, share));
        yield { placement: coarse?.expand(placement) ?? placement, priority, note };
      }
    };
    const variants = [plans(fast, `${fast.length} stages`)];
    if (fast.length < all.length) variants.push(plans(all, `${all.length} stages, CPUs included`));
    return bestThatFits(problem, context, variants);
  },
};

/** A device per group. */
function stagesOn(
  problem: PlacementProblem,
  orders: readonly Int32Array[],
  devices: readonly number[],
  memoryShare: number,
): Int32Array {
  const { groupCount, feasible } = problem;
  const suits = (g: number): boolean => devices.every((d) => feasible[g]!.includes(d));
  const deviceOf = new Int32Array(groupCount).fill(-1);
  let best: (Stages & { order: Int32Array }) | undefined;
  for (const whole of orders) {
    const order = whole.filter(suits);
    const stages = bestStages(problem, order, devices, memoryShare);
    if (best === undefined || stages.load < best.load) best = { ...stages, order };
  }
  for (const [i, g] of (best?.order ?? []).entries()) deviceOf[g] = best!.deviceOf[i]!;
  placeAside(problem, deviceOf, memoryShare);
  return deviceOf;
}
