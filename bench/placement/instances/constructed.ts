import type { RandomStream } from '../../../base/random.ts';
import { type GivenEdge, type Instance, instanceOf } from './instance.ts';

export interface Construction {
  /** Tasks; about so many, a multiple of the devices. */
  readonly tasks: number;
  readonly devices: number;
  /** How many times as long a task may take on another device than on its own; 1: identical devices. */
  readonly slowest: number;
  /** Cost of an edge within a device, in mean task times at most: what it would cost to separate its tasks. */
  readonly ratio: number;
}

/**
 * An instance whose optimum is known because it is made around a schedule (as the RGPOS graphs of Kwok & Ahmad 1999, here
 * with unrelated devices too). Each device is busy from 0 to `optimum` without a gap, with tasks that are nowhere
 * faster; so the least work of all tasks is devices · optimum, and no schedule is shorter. Edges lead from a task to
 * one that starts later, and cost between devices at most the time between the two.
 */
export function constructed(
  { tasks, devices, slowest, ratio }: Construction,
  random: RandomStream,
): Instance & Required<Pick<Instance, 'optimum' | 'schedule'>> {
  const perDevice = Math.ceil(tasks / devices);
  const optimum = 100 * perDevice;
  const seconds: number[][] = [];
  const start: number[] = [];
  const finish: number[] = [];
  for (let d = 0; d < devices; d++) {
    const ends = cuts(optimum, perDevice, random);
    for (const [i, end] of ends.entries()) {
      const begin = i === 0 ? 0 : ends[i - 1]!;
      start.push(begin);
      finish.push(end);
      seconds.push(
        Array.from({ length: devices }, (_, other) =>
          other === d ? end - begin : Math.ceil((end - begin) * (1 + (slowest - 1) * random.uniform())),
        ),
      );
    }
  }
  const count = seconds.length;
  const deviceOf = (task: number): number => Math.floor(task / perDevice);
  const edges: GivenEdge[] = [];
  for (let to = 0; to < count; to++) {
    for (let draw = 0; draw < 3; draw++) {
      // Half of the edges stay within a device: these are what a placer must not cut.
      const within = random.uniform() < 0.5;
      const from = within ? deviceOf(to) * perDevice + random.below(perDevice) : random.below(count);
      if (finish[from]! > start[to]! || edges.some((edge) => edge.from === from && edge.to === to)) continue;
      const most = deviceOf(from) === deviceOf(to) ? 100 * ratio : start[to]! - finish[from]!;
      edges.push({ from, to, cost: Math.floor(random.uniform() * (Math.min(most, 100 * ratio) + 1)) });
    }
  }
  // Numbers must tell nothing about the schedule.
  const number = shuffled(count, random);
  const renumbered = Array.from({ length: count }, (): number[] => []);
  for (const [task, row] of seconds.entries()) renumbered[number[task]!] = row;
  const name = `${count} tasks, ${devices} devices up to ${slowest}×, edges up to ${ratio}`;
  const renamed = edges.map(({ from, to, cost }) => ({ from: number[from]!, to: number[to]!, cost }));
  const instance = instanceOf(name, renumbered, renamed, devices);
  const schedule = { placement: new Int32Array(count), start: new Float64Array(count), seconds: optimum };
  for (let task = 0; task < count; task++) {
    const at = instance.position[number[task]!]!;
    schedule.placement[at] = deviceOf(task);
    schedule.start[at] = start[task]!;
  }
  return { ...instance, optimum, schedule };
}

/** Ends of `parts` tasks that fill 0 … length: integers, ascending, the last is `length`. */
function cuts(length: number, parts: number, random: RandomStream): number[] {
  const ends = new Set([length]);
  while (ends.size < parts) ends.add(1 + random.below(length - 1));
  return [...ends].sort((a, b) => a - b);
}

function shuffled(count: number, random: RandomStream): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
