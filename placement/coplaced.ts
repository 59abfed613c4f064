import { DisjointSets } from '../graph/disjoint-sets.ts';
import type { PlacementProblem } from './problem.ts';
import { groupColumns } from './problem-columns.ts';

export interface CoplacementOptions {
  /** Whether forward tasks join each other, as well as gradients their forward tasks; default true. */
  readonly joinsReaders?: boolean;
  /** Bytes (see `groupBytes`) that a group may not grow beyond; default: an eighth of an accelerator's memory. */
  readonly limitBytes?: number;
}

/**
 * The same problem with larger colocation groups, as Baechi makes them before it places (Jeon et al., "Baechi: Fast
 * Device Placement of Machine Learning Graphs", SoCC 2020, section 3.1):
 *
 * - gradients go with the forward task that they belong to, so that only forward tasks are placed;
 * - a forward task that a single other forward task reads goes with that one: the transfer can only cost.
 *
 * The second is an option, there and here. With it a layer's variables, their updates and its gradients are one group, unless several tasks read the variables (steps
 * of a recurrent layer). A placement of the result is one of the given problem.
 *
 * Differences: a task joins only a group whose devices it may all use, so that what only a CPU can do does not drag
 * others there; and groups stay small enough for memory to be filled. Weakness, the paper's: branches that meet in
 * one task (a concatenation) become one group, and so never run side by side;
 * and a group is bound by whichever member is ready first, perhaps before it is known where its main input comes from.
 */
export function coplaced(problem: PlacementProblem, options: CoplacementOptions = {}): PlacementProblem {
  const { taskCount, group, memberStart, member, feasible, capacityBytes, forward } = problem;
  const all = Array.from(capacityBytes, (_, d) => d);
  const largest = Math.max(0, ...accelerators(problem, all).map((d) => capacityBytes[d]!));
  const limit = options.limitBytes ?? largest / 8;
  const sets = new DisjointSets(taskCount);
  for (let task = 0; task < taskCount; task++) sets.union(task, member[memberStart[group[task]!]!]!);
  /** Per representative of a set: its devices and bytes. */
  const devices = Array.from({ length: taskCount }, (_, task) => feasible[group[task]!]!);
  const bytes = new Float64Array(taskCount);
  for (const [g, size] of groupBytes(problem).entries()) bytes[sets.find(member[memberStart[g]!]!)] = size;

  /** Task joins the other's set, whose devices do not change. */
  const join = (task: number, other: number, most: number): void => {
    const [a, b] = [sets.find(task), sets.find(other)];
    if (a === b || !devices[b]!.every((d) => devices[a]!.includes(d))) return;
    const size = bytes[a]! + bytes[b]!;
    if (size > most) return;
    const choice = devices[b]!;
    sets.union(a, b);
    devices[sets.find(a)] = choice;
    bytes[sets.find(a)] = size;
  };
  for (let task = 0; task < taskCount; task++) {
    if (forward[task]! >= 0) join(task, forward[task]!, Number.POSITIVE_INFINITY);
  }
  for (let task = 0; task < taskCount && (options.joinsReaders ?? true); task++) {
    const only = onlyForwardReader(problem, task);
    if (only >= 0) join(task, only, limit);
  }
  const columns = groupColumns(sets.smallestMembers(), (first) => devices[sets.find(first)]!);
  const seconds = problem.seconds.map((s, at) => {
    const task = Math.floor(at / problem.deviceCount);
    const choice = columns.feasible[columns.group[task]!]!;
    return choice.includes(at % problem.deviceCount) ? s : Number.POSITIVE_INFINITY;
  });
  return { ...problem, ...columns, seconds };
}

/** The only forward task outside its own group that reads a forward task's tensors; −1 where there is none or more. */
function onlyForwardReader(problem: PlacementProblem, task: number): number {
  const { outputStart, readerStart, reader, forward, group } = problem;
  if (forward[task]! >= 0) return -1;
  let only = -1;
  for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
    const next = reader[r]!;
    if (forward[next]! >= 0 || group[next] === group[task] || next === only) continue;
    if (only >= 0) return -1;
    only = next;
  }
  return only;
}

/** Per colocation group: bytes of its variables and of all that its forward tasks make, as if none of it were freed. */
export function groupBytes(problem: PlacementProblem): Float64Array {
  const { taskCount, group, groupCount, residentBytes, forward, outputStart, heldBytes } = problem;
  const bytes = new Float64Array(groupCount);
  for (let task = 0; task < taskCount; task++) {
    bytes[group[task]!]! += residentBytes[task]!;
    if (forward[task]! >= 0) continue;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) bytes[group[task]!]! += heldBytes[t]!;
  }
  return bytes;
}

/** The two groupings of Baechi, and what notes call them. */
export function groupings(problem: PlacementProblem): readonly (readonly [string, PlacementProblem])[] {
  const alone = coplaced(problem, { joinsReaders: false });
  const joined = coplaced(problem);
  const isSame = joined.groupCount === alone.groupCount;
  return [['without coplacement', alone] as const, ...(isSame ? [] : [['coplaced', joined] as const])];
}

/**
 * The devices that Baechi places on: those of `choice` that are not CPUs. The CPU is left to what only it may run, or has
 * room for.
 */
export function accelerators({ deviceKind }: PlacementProblem, choice: readonly number[]): readonly number[] {
  const found = choice.filter((d) => deviceKind[d] !== 'CPU');
  return found.length > 0 ? found : choice;
}
