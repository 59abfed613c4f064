import type { RandomStream } from '../../base/random.ts';
import { type ActivityGraph, ActivityGraphBuilder } from '../../sim/activity-graph.ts';

/** A step as plain lists, so that it can be written down in any order. */
export interface Step {
  readonly devices: number;
  readonly streams: readonly { readonly device: number; readonly width: number }[];
  readonly activities: readonly (
    | { readonly kind: 'compute'; readonly stream: number; readonly amount: number }
    | { readonly kind: 'delay' | 'join'; readonly amount: number }
    | { readonly kind: 'transfer'; readonly from: number; readonly to: number; readonly amount: number }
  )[];
  /** [before, after], before < after */
  readonly edges: readonly (readonly [number, number])[];
}

/**
 * 5 to 5 + `spread` times compute, transfers and joins at random. With `apart`, whatever waits for nothing else waits for a delay of its own,
 * so that no two times are equal but by cause.
 */
export function randomStep(
  random: RandomStream,
  { apart, spread = 60 }: { readonly apart: boolean; readonly spread?: number },
): Step {
  const devices = 2 + random.below(4);
  const streams = Array.from({ length: devices + 2 }, (_, s) => ({
    device: s < devices ? s : random.below(devices),
    width: 1 + random.below(2),
  }));
  const activities: Step['activities'][number][] = [];
  const edges: [number, number][] = [];
  const wanted = 5 + random.below(spread);
  while (activities.length < wanted) {
    const from = random.below(devices);
    const amount = 0.01 + random.uniform();
    const what = random.uniform();
    const before = new Set<number>();
    for (let e = random.below(4); e > 0 && activities.length > 0; e--)
      before.add(random.below(activities.length));
    if (before.size === 0 && apart)
      before.add(activities.push({ kind: 'delay', amount: random.uniform() }) - 1);
    const own =
      what < 0.45
        ? activities.push({ kind: 'compute', stream: random.below(streams.length), amount })
        : what < 0.95
          ? activities.push({
              kind: 'transfer',
              from,
              to: (from + 1 + random.below(devices - 1)) % devices,
              amount: 10 * amount,
            })
          : activities.push({ kind: 'join', amount: 0 });
    for (const b of before) edges.push([b, own - 1]);
  }
  return { devices, streams, activities, edges };
}

/** The step as a graph; its activities are named by their numbers. In `order` where given, edges from the last. */
export function written({ streams, activities, edges }: Step, order?: readonly number[]): ActivityGraph {
  const write = new ActivityGraphBuilder();
  for (const { device, width } of streams) write.stream(device, width);
  const number = new Int32Array(activities.length);
  for (const i of order ?? activities.keys()) {
    const activity = activities[i]!;
    const name = `${i}`;
    switch (activity.kind) {
      case 'compute':
        number[i] = write.compute(activity.stream, activity.amount, name);
        break;
      case 'delay':
        number[i] = write.delay(activity.amount, name);
        break;
      case 'join':
        number[i] = write.join(name);
        break;
      case 'transfer':
        number[i] = write.transfer(activity.from, activity.to, activity.amount, name);
    }
  }
  for (const [before, after] of order === undefined ? edges : edges.toReversed()) {
    write.after(number[before]!, number[after]!);
  }
  return write.finish();
}

/** A permutation of 0 … n − 1. */
export function shuffled(n: number, random: RandomStream): number[] {
  const order = [...Array(n).keys()];
  for (let i = n - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
