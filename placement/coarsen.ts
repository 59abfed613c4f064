import { AcyclicClusters, type ClusterLimits } from './acyclic-clusters.ts';
import { contract } from './contract.ts';
import type { Placement } from './placer.ts';
import type { PlacementProblem } from './problem.ts';
import { meanSeconds } from './ranks.ts';
import { ReadyQueue } from './ready-queue.ts';

export interface CoarseProblem {
  readonly problem: PlacementProblem;
  /** Per task of the fine problem: the coarse task that it is part of. */
  readonly taskOf: Int32Array;
  /** The placement of the fine problem that a placement of the coarse one stands for. */
  readonly expand: (placement: Placement) => Placement;
}

export interface CoarsenOptions {
  /**
   * Share of the whole work, and of all resident bytes, that colocation groups may reach by being joined: the larger,
   * the fewer tasks, and the less freedom for placers. Default 1/16.
   */
  readonly groupShare?: number;
}

/**
 * A problem of about `target` tasks (more where constraints or `groupShare` forbid merging) whose placements are
 * placements of the given one: for searches and exact methods that cannot take every task.
 *
 * Tasks that may run on the same devices are merged such that the graph stays acyclic (see AcyclicClusters): light ones
 * first, along chains, then along heavy edges, then siblings. No merged task takes more than twice the average; more only
 * where nothing else can be merged. Colocation groups whose members
 * are merged become one group. The idea is that of Herrmann et al. 2019 (multilevel algorithms for acyclic partitioning,
 * section 4.1), who match by levels instead.
 *
 * Being a restriction, the coarse problem's bounds and optimum are no less than the fine one's. Its memory is an
 * estimate from below: tensors inside merged tasks are not seen.
 *
 * Known weakness: with few tasks per layer, a layer's gradients of weights and of data, which could run on two devices,
 * come to share one, as their groups are joined with that of the variables. On training steps of about 1500 tasks, list
 * scheduling loses little at 600 and much at 200; unrolled recurrent networks bear more.
 */
export function coarsen(
  problem: PlacementProblem,
  target: number,
  { groupShare = 1 / 16 }: CoarsenOptions = {},
): CoarseProblem {
  const weight = meanSeconds(problem);
  const clusters = new AcyclicClusters(problem, weight);
  if (problem.taskCount > target) shrink(clusters, target, problem, weight, groupShare);
  const taskOf = numbered(problem, clusters);
  const groupOf = Int32Array.from(taskOf, (_, task) => clusters.groupOfTask(task));
  /** Per joined group: its first task. */
  const first = new Int32Array(problem.groupCount).fill(-1);
  for (const [task, g] of groupOf.entries()) if (first[g]! < 0) first[g] = task;
  const coarse = contract(
    problem,
    taskOf,
    clusters.count,
    groupOf.map((g) => first[g]!),
  );
  return { problem: coarse, taskOf, expand: (placement) => taskOf.map((task) => placement[task]!) };
}

function shrink(
  clusters: AcyclicClusters,
  target: number,
  problem: PlacementProblem,
  weight: Float64Array,
  groupShare: number,
): void {
  const total = weight.reduce((sum, s) => sum + s, 0);
  const bytes = problem.residentBytes.reduce((sum, b) => sum + b, 0);
  const limitsAt = (average: number): ClusterLimits => ({
    seconds: 2 * average,
    // Joined groups bind tasks that may run side by side: no looser than for tasks.
    groupSeconds: Math.min(2 * average, Math.max((2 * total) / target, total * groupShare)),
    groupBytes: Math.max(bytes / target, bytes * groupShare),
  });
  const average = total / target;
  clusters.mergeLightest(target, { ...limitsAt(average), seconds: average }, true);
  for (let stage = 0; clusters.count > target && stage < STAGES.length; ) {
    const { averages, siblings } = STAGES[stage]!;
    const before = clusters.count;
    const limits = limitsAt(averages * average);
    clusters.mergeLightest(target, limits, true);
    clusters.mergeLightest(target, limits, false);
    if (siblings !== undefined) clusters.mergeSiblings(target, limits, siblings === 'of one level');
    if (before - clusters.count <= 0.02 * before) stage++;
  }
}

/** What is merged, one after the other, while there are too many clusters. */
const STAGES: readonly { averages: number; siblings?: 'of one parent' | 'of one level' }[] = [
  { averages: 1 },
  { averages: 1.5 },
  { averages: 1.5, siblings: 'of one parent' },
  { averages: 1.5, siblings: 'of one level' },
  ...[3, 6, 12, 24, 50, 100, 1000, Number.POSITIVE_INFINITY].map((averages) => ({
    averages,
    siblings: 'of one level' as const,
  })),
];

/** Per task: its cluster's number, in topological order, by first member among those that are ready. */
function numbered(
  { taskCount, outputStart, readerStart, reader }: PlacementProblem,
  clusters: AcyclicClusters,
): Int32Array {
  const firstOf = new Int32Array(taskCount).fill(-1);
  const clusterOf = new Int32Array(taskCount);
  for (let task = 0; task < taskCount; task++) {
    const c = clusters.clusterOf(task);
    if (firstOf[c]! < 0) firstOf[c] = task;
    clusterOf[task] = firstOf[c]!;
  }
  const next = Array.from({ length: taskCount }, () => new Set<number>());
  for (let task = 0; task < taskCount; task++) {
    for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
      if (clusterOf[reader[r]!] !== clusterOf[task]) next[clusterOf[task]!]!.add(clusterOf[reader[r]!]!);
    }
  }
  const pending = new Int32Array(taskCount);
  for (const to of next) for (const c of to) pending[c]!++;
  const ready = new ReadyQueue(taskCount);
  for (let task = 0; task < taskCount; task++) {
    if (clusterOf[task] === task && pending[task] === 0) ready.push(0, task);
  }
  const number = new Int32Array(taskCount);
  let count = 0;
  while (ready.length > 0) {
    const c = ready.pop();
    number[c] = count++;
    for (const to of next[c]!) if (--pending[to]! === 0) ready.push(0, to);
  }
  return clusterOf.map((c) => number[c]!);
}
