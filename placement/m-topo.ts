import { accelerators, groupBytes, groupings } from './coplaced.ts';
import { bestThatFits, MEMORY_SHARES, type Plan } from './fitting.ts';
import { MemoryLedger } from './memory-ledger.ts';
import type { Placer } from './placer.ts';
import { type PlacementProblem, placedGroups } from './problem.ts';
import { meanSeconds, upwardRanks } from './ranks.ts';

/**
 * m-TOPO of Baechi (Jeon et al., SoCC 2020, section 2.1): groups in topological order fill one accelerator after another.
 * Each is full at
 *
 *     limit(d) = Σ bytes · share(d) + the largest group's bytes
 *
 * where the shares are equal (here: as the memories, where these differ), so that memory is balanced. Bytes of a group are
 * those of its variables and of what its forward tasks make, all of which a training step keeps for its gradients.
 *
 * Of Baechi's two groupings (see coplaced) the better counts, by `context.evaluate`.
 *
 * Beyond the paper: what has no room where it is due (by the ledger) goes to the next device that has, then to a CPU; and
 * where the simulator finds no room, less of each memory is filled.
 *
 * Known weaknesses: it knows neither time nor bandwidth, so it spreads what one accelerator would do best alone, runs
 * chains on one device after another with all others idle, and cuts wherever the limit happens to be reached. With
 * groups of very different size the last devices stay empty.
 */
export const mTopo: Placer = {
  name: 'm-topo',
  description: 'one accelerator after another filled in topological order, memory balanced (Baechi, 2020)',
  place(problem, context) {
    const variants = groupings(problem).map(([note, grouped]) => filledInOrder(grouped, note));
    return bestThatFits(problem, context, variants);
  },
};

/** Plans that fill less and less of the memories. */
export function* filledInOrder(problem: PlacementProblem, note: string): Iterable<Plan> {
  const priority = upwardRanks(problem, meanSeconds(problem));
  for (const share of MEMORY_SHARES) {
    yield { placement: placedGroups(problem, fillInOrder(problem, share)), priority, note };
  }
}

/** A device per group, with no more than `memoryShare` of each memory filled where that can be avoided. */
function fillInOrder(problem: PlacementProblem, memoryShare: number): Int32Array {
  const { taskCount, deviceCount, group, groupCount, feasible, capacityBytes } = problem;
  const capacity = capacityBytes.map((bytes) => bytes * memoryShare);
  const ledger = new MemoryLedger({ ...problem, capacityBytes: capacity });
  const bytes = groupBytes(problem);
  const limit = balancedLimits(problem, bytes);
  const filled = new Float64Array(deviceCount);
  const bound = new Int32Array(groupCount).fill(-1);
  /** Per choice of devices: how many of them are full. */
  const full = new Map<string, number>();
  const roomFor = (task: number, d: number): boolean => ledger.overflow(task, d) === 0;
  for (let task = 0; task < taskCount; task++) {
    const g = group[task]!;
    if (bound[g]! < 0) {
      const choice = accelerators(problem, feasible[g]!);
      const key = choice.join();
      let at = full.get(key) ?? 0;
      while (at < choice.length - 1) {
        const d = choice[at]!;
        // A group of nothing fills no device.
        const isFull = bytes[g]! > 0 && filled[d]! + bytes[g]! > limit[d]! * (1 + 1e-12);
        if (!isFull && roomFor(task, d)) break;
        at++;
      }
      full.set(key, at);
      let device = choice[at]!;
      if (!roomFor(task, device)) {
        const others = [...choice, ...feasible[g]!];
        device =
          others.find((d) => roomFor(task, d)) ??
          others.reduce((a, b) => (ledger.overflow(task, b) < ledger.overflow(task, a) ? b : a));
      }
      bound[g] = device;
      filled[device]! += bytes[g]!;
    }
    ledger.assign(task, bound[g]!);
  }
  return bound;
}

function balancedLimits(problem: PlacementProblem, bytes: Float64Array): Float64Array {
  const { capacityBytes } = problem;
  const devices = accelerators(
    problem,
    Array.from(capacityBytes, (_, d) => d),
  );
  const isBounded = devices.every((d) => Number.isFinite(capacityBytes[d]!));
  const weight = (d: number): number => (isBounded ? capacityBytes[d]! : 1);
  const all = devices.reduce((sum, d) => sum + weight(d), 0);
  const total = bytes.reduce((sum, size) => sum + size, 0);
  const largest = bytes.reduce((most, size) => Math.max(most, size), 0);
  return capacityBytes.map((_, d) => (all > 0 ? (total * weight(d)) / all : 0) + largest);
}
