import type { PlacementProblem } from '../problem.ts';

/** Least times before and after each task on each device, `[task * deviceCount + device]`, in seconds. */
export interface PathBounds {
  /** Before a task can start on the device; Infinity where it may not run. */
  readonly head: Float64Array;
  /** From a task's end on the device to the end of all that waits for it; Infinity where it may not run. */
  readonly tail: Float64Array;
}

/** More neighbours than these are not looked at together: the longest way among them counts alone. */
const MOST_NEIGHBOURS = 64;

/**
 * Longest ways through the graph that count transfers: each task on a path may take the device that is best for the
 * path, but what crosses between two devices takes latency + bytes · secondsPerByte.
 *
 * Where a task on device d waits for several, each of them either runs on d, one after another with the others that do,
 * or sends its result: of all ways to split them the cheapest is taken. With remote arrivals a₁ ≥ a₂ ≥ …, only
 * splits {1 … k} on d need to be tried:
 *
 *     head(task, d) ≥ min over k of max(a_{k+1}, one machine's makespan of {1 … k} with their heads as releases)
 *
 * and the same backwards for the tasks that wait for a task.
 */
export function pathBounds(problem: PlacementProblem): PathBounds {
  const { taskCount: n, deviceCount: D, seconds } = problem;
  const { inputStart, input, producer, outputStart, readerStart, reader } = problem;
  const head = new Float64Array(n * D);
  const tail = new Float64Array(n * D);
  const ways = new Ways(problem);
  for (let task = 0; task < n; task++) {
    ways.begin(task);
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) ways.add(producer[input[e]!]!, input[e]!);
    for (let d = 0; d < D; d++) {
      const at = task * D + d;
      head[at] = seconds[at] === Number.POSITIVE_INFINITY ? seconds[at]! : ways.least(d, head, 'to');
    }
  }
  for (let task = n - 1; task >= 0; task--) {
    ways.begin(task);
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) ways.add(reader[r]!, t);
    }
    for (let d = 0; d < D; d++) {
      const at = task * D + d;
      tail[at] = seconds[at] === Number.POSITIVE_INFINITY ? seconds[at]! : ways.least(d, tail, 'from');
    }
  }
  return { head, tail };
}

/** The neighbours of one task, on one of its sides, with the tensors in between. */
class Ways {
  private readonly problem: PlacementProblem;
  private of = 0;
  private readonly tasks: number[] = [];
  private readonly tensors: number[][] = [];
  private readonly known = new Map<number, number>();

  constructor(problem: PlacementProblem) {
    this.problem = problem;
  }

  begin(task: number): void {
    this.of = task;
    this.tasks.length = 0;
    this.tensors.length = 0;
    this.known.clear();
  }

  add(task: number, tensor: number): void {
    const at = this.known.get(task);
    if (at !== undefined) this.tensors[at]!.push(tensor);
    else {
      this.known.set(task, this.tasks.push(task) - 1);
      this.tensors.push([tensor]);
    }
  }

  /** Least seconds that the neighbours need, beside a task on `device`; `beyond` is what lies before or after them. */
  least(device: number, beyond: Float64Array, direction: 'to' | 'from'): number {
    const { deviceCount: D, seconds } = this.problem;
    if (this.tasks.length === 0) return 0;
    const ways = this.tasks.map((task, i) => {
      const at = task * D + device;
      return {
        remote: this.remote(i, device, beyond, direction),
        release: beyond[at]!,
        work: seconds[at]!,
      };
    });
    if (ways.length === 1 || ways.length > MOST_NEIGHBOURS) {
      return ways.reduce((most, w) => Math.max(most, Math.min(w.remote, w.release + w.work)), 0);
    }
    ways.sort((a, b) => (a.remote === b.remote ? 0 : b.remote - a.remote));
    let least = Number.POSITIVE_INFINITY;
    const here: { release: number; work: number }[] = [];
    for (let k = 0; k <= ways.length; k++) {
      const alone = oneMachine(here);
      least = Math.min(least, Math.max(alone, ways[k]?.remote ?? 0));
      if (k === ways.length || alone >= least) break;
      const { release, work } = ways[k]!;
      if (work === Number.POSITIVE_INFINITY) break;
      let at = here.length;
      while (at > 0 && here[at - 1]!.release < release) at--;
      here.splice(at, 0, { release, work });
    }
    return least;
  }

  /** The same for neighbour i alone, on any other device. */
  private remote(i: number, device: number, beyond: Float64Array, direction: 'to' | 'from'): number {
    const { deviceCount: D, seconds, latencySeconds, secondsPerByte, bytes, group } = this.problem;
    let least = Number.POSITIVE_INFINITY;
    if (group[this.tasks[i]!] === group[this.of]) return least;
    for (let d = 0; d < D; d++) {
      const at = this.tasks[i]! * D + d;
      if (d === device || seconds[at] === Number.POSITIVE_INFINITY) continue;
      const pair = direction === 'to' ? d * D + device : device * D + d;
      let crossing = 0;
      for (const tensor of this.tensors[i]!) {
        const s = latencySeconds[pair]! + bytes[tensor]! * secondsPerByte[pair]!;
        if (s > crossing) crossing = s;
      }
      const way = beyond[at]! + seconds[at]! + crossing;
      if (way < least) least = way;
    }
    return least;
  }
}

/** Makespan of one machine of jobs with releases, latest release first: max over releases r of r + work released at r or later. */
function oneMachine(jobs: readonly { readonly release: number; readonly work: number }[]): number {
  let longest = 0;
  let work = 0;
  for (const job of jobs) {
    work += job.work;
    if (job.release + work > longest) longest = job.release + work;
  }
  return longest;
}

/** The longest way through any task: least over devices of head + seconds + tail there. */
export function longestWay(
  { taskCount, deviceCount: D, seconds }: PlacementProblem,
  paths: PathBounds,
): number {
  let longest = 0;
  for (let task = 0; task < taskCount; task++) {
    let least = Number.POSITIVE_INFINITY;
    for (let at = task * D; at < (task + 1) * D; at++) {
      least = Math.min(least, paths.head[at]! + seconds[at]! + paths.tail[at]!);
    }
    longest = Math.max(longest, least);
  }
  return longest;
}
