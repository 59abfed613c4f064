import { fractionalMakespan } from './bounds/fractional.ts';
import { classWork } from './bounds/head-tail.ts';
import { groupWork } from './greedy.ts';
import type { PlacementProblem } from './problem.ts';
import { leastSeconds, upwardRanks } from './ranks.ts';

/**
 * Colocation groups while list scheduling binds them, one by one, by their first members. A light first member (a
 * forward op, say) decides where much work (its backward ops, its update) will run, so a binding counts
 *
 *     rest(group, d) + overload(group, d),   overload = max(0, load(d) + work(group, d) − T)
 *
 * - rest: seconds on d of the members that are still to come, as if they followed at once;
 * - load: seconds of what already runs on d, and of what will because its group is bound there;
 * - T: a lower bound of the step time (critical path, area). A device cannot be done before its load, so overload is a lower bound of what the
 *   binding adds to a step of T. Without it, all layers of a recurrent net would follow the first one, whose later
 *   cells are not scheduled yet.
 *
 * Both are zero for groups of one task: there, list scheduling is as published.
 */
export class BoundGroups {
  /** Device per group; −1 for none yet. */
  readonly device: Int32Array;
  private readonly problem: PlacementProblem;
  /** `[group * deviceCount + device]`: seconds of the members that are not scheduled yet. */
  private readonly left: Float64Array;
  /** Members of each group that are not scheduled yet. */
  private readonly membersLeft: Int32Array;
  private readonly load: Float64Array;
  private readonly target: number;

  constructor(problem: PlacementProblem) {
    const { groupCount, deviceCount, taskCount, memberStart } = problem;
    this.problem = problem;
    this.device = new Int32Array(groupCount).fill(-1);
    this.left = groupWork(problem);
    this.membersLeft = Int32Array.from(
      { length: groupCount },
      (_, g) => memberStart[g + 1]! - memberStart[g]!,
    );
    this.load = new Float64Array(deviceCount);
    this.target = groupCount < taskCount ? leastStepSeconds(problem) : Number.POSITIVE_INFINITY;
  }

  /** Seconds that binding the group of a task to a device costs beyond the task itself; 0 where it is bound already. */
  bindingSeconds(task: number, device: number): number {
    const { group, deviceCount, seconds } = this.problem;
    const g = group[task]!;
    if (this.device[g]! >= 0 || this.membersLeft[g] === 1) return 0;
    const rest = this.left[g * deviceCount + device]! - seconds[task * deviceCount + device]!;
    return Math.max(0, rest) + this.overload(task, device);
  }

  /** Seconds by which the device would be done later than T if the task bound its group there (see above). */
  overload(task: number, device: number): number {
    const { group, deviceCount } = this.problem;
    const g = group[task]!;
    if (this.device[g]! >= 0 || this.membersLeft[g] === 1) return 0;
    return Math.max(0, this.load[device]! + this.left[g * deviceCount + device]! - this.target);
  }

  /** The task is scheduled on this device; its group is bound to it. */
  bind(task: number, device: number): void {
    const { group, deviceCount, seconds, feasible } = this.problem;
    const g = group[task]!;
    if (this.device[g]! < 0) {
      this.device[g] = device;
      this.load[device]! += this.left[g * deviceCount + device]!;
    }
    this.membersLeft[g]!--;
    for (const d of feasible[g]!) this.left[g * deviceCount + d]! -= seconds[task * deviceCount + d]!;
  }
}

/** The cheaper ones of the lower bounds of the step time. */
function leastStepSeconds(problem: PlacementProblem): number {
  const criticalPath = upwardRanks(problem, leastSeconds(problem)).reduce((a, b) => Math.max(a, b), 0);
  return Math.max(criticalPath, fractionalMakespan(classWork(problem)).seconds);
}
