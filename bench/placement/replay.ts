import { MultiDirectedGraph } from 'graphology';
import type { Cluster } from '../../devices/cluster.ts';
import type { DeviceModel } from '../../devices/device.ts';
import { type PlacementProblem, transferSeconds } from '../../placement/problem.ts';
import { type ActivityGraph, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { simulateActivities } from '../../sim/simulate-activities.ts';
import type { Schedule } from './instances/instance.ts';

/**
 * Seconds of a schedule in the simulator: each device computes its tasks one at a time in the order of their starts,
 * each no sooner than its inputs are there. The starts themselves are not given: they must come out again.
 */
export function replayedSeconds(problem: PlacementProblem, schedule: Schedule): number {
  return simulateActivities(scheduleActivities(problem, schedule), islands(problem.deviceCount)).seconds;
}

/** Tasks on a stream per device; edges between devices as delays, since the published models have no shared links. */
function scheduleActivities(
  problem: PlacementProblem,
  schedule: Pick<Schedule, 'placement' | 'start'>,
): ActivityGraph {
  const { placement } = schedule;
  const { taskCount, deviceCount: D, seconds, name, inputStart, input, producer, bytes } = problem;
  const write = new ActivityGraphBuilder();
  const streams = Array.from({ length: D }, (_, d) => write.stream(d));
  for (let task = 0; task < taskCount; task++) {
    const d = placement[task]!;
    write.compute(streams[d]!, seconds[task * D + d]!, name[task]);
  }
  for (let task = 0; task < taskCount; task++) {
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      const wire = transferSeconds(problem, bytes[input[e]!]!, placement[from]!, placement[task]!);
      if (wire === 0) write.after(from, task);
      else {
        const delay = write.delay(wire, `${name[from]} → ${name[task]}`);
        write.after(from, delay);
        write.after(delay, task);
      }
    }
  }
  const last = new Int32Array(D).fill(-1);
  for (const task of runOrder(problem, schedule)) {
    const d = placement[task]!;
    if (last[d]! >= 0) write.after(last[d]!, task);
    last[d] = task;
  }
  return write.finish();
}

/** Tasks by start; of those that start together on a device all but one take no time, and those are first. */
function runOrder(
  { deviceCount: D, seconds }: PlacementProblem,
  { placement, start }: Pick<Schedule, 'placement' | 'start'>,
): number[] {
  const took = (task: number): number => seconds[task * D + placement[task]!]!;
  return Array.from(start.keys()).sort((a, b) => start[a]! - start[b]! || took(a) - took(b) || a - b);
}

/** What is wrong with a schedule: the first task that overlaps another or starts before its inputs are there. */
export function scheduleFault(problem: PlacementProblem, schedule: Schedule): string | undefined {
  const { deviceCount: D, seconds, name, inputStart, input, producer, bytes } = problem;
  const { placement, start } = schedule;
  const slack = 1e-9 * schedule.seconds;
  const finish = start.map((s, task) => s + seconds[task * D + placement[task]!]!);
  const free = new Float64Array(D);
  for (const task of runOrder(problem, schedule)) {
    const d = placement[task]!;
    const s = start[task]!;
    if (!Number.isFinite(finish[task]!)) return `task ${name[task]} cannot run on device ${d}`;
    if (s < free[d]! - slack) return `task ${name[task]} starts at ${s}, its device is free at ${free[d]}`;
    free[d] = finish[task]!;
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      const arrives = finish[from]! + transferSeconds(problem, bytes[input[e]!]!, placement[from]!, d);
      if (s < arrives - slack) return `task ${name[task]} starts at ${s}, an input arrives at ${arrives}`;
    }
  }
  const last = Math.max(0, ...finish);
  if (Math.abs(last - schedule.seconds) > slack) return `it ends at ${last}, not at ${schedule.seconds}`;
  return undefined;
}

/** Devices between which there are no links. */
function islands(count: number): Cluster {
  const names = Array.from({ length: count }, (_, d) => `/job:worker/task:0/device:GPU:${d}`);
  return {
    devices: names.map((name) => ({ name, host: name, model: { id: name, name } as DeviceModel })),
    links: [],
    topology: new MultiDirectedGraph(),
    route: () => new Int32Array(0),
    indexOf: (name) => names.indexOf(name),
  };
}
