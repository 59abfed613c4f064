import type { Cluster } from '../../devices/cluster.ts';
import { maxMinRates } from './network/max-min.ts';
import type { Step } from './random-step.ts';

/*
 * The reference for the engine: lists instead of queues and heaps, every rate solved anew at every event. Slow and
 * short; what it says is what a step means here.
 */

/** `whole`: each link serves one message at a time, whole (routes of one link); `fluid`: max-min fair sharing. */
export function naiveTimes(step: Step, cluster: Cluster, network: 'whole' | 'fluid') {
  const { streams, activities, edges } = step;
  const start = activities.map(() => Number.NaN);
  const end = activities.map(() => Number.NaN);
  const waitsFor = activities.map((_, i) => edges.filter(([, after]) => after === i).length);
  const capacities = cluster.links.map(({ model }) => model.bytesPerSecond.value);
  /** What ends at a known time, what is then done; flows, and the bytes that they have left. */
  let timers: { readonly at: number; readonly act: () => void }[] = [];
  const flows = new Map<number, { readonly path: readonly number[]; left: number }>();
  let now = 0;

  const after = (seconds: number, act: () => void): void => void timers.push({ at: now + seconds, act });
  const places = [...streams.map(({ width }) => width), ...capacities.map(() => 1)];
  const lines: (() => void)[][] = places.map(() => []);
  const enter = (place: number, begin: () => void): void => {
    lines[place]!.push(begin);
    if (places[place]! > 0) serve(place);
  };
  const serve = (place: number): void => {
    const begin = lines[place]!.shift();
    if (begin === undefined) return;
    places[place]!--;
    begin();
  };
  const leave = (place: number): void => {
    places[place]!++;
    serve(place);
  };

  const ready = (i: number): void => {
    const activity = activities[i]!;
    start[i] = now;
    if (activity.kind === 'join') done(i);
    else if (activity.kind === 'delay') after(activity.amount, () => done(i));
    else if (activity.kind === 'compute') {
      enter(activity.stream, () => {
        start[i] = now;
        after(activity.amount, () => {
          done(i);
          leave(activity.stream);
        });
      });
    } else if (activity.kind === 'transfer') {
      const path = [...cluster.route(activity.from, activity.to)];
      const latency = path.reduce((sum, link) => sum + cluster.links[link]!.model.latencySeconds.value, 0);
      if (network === 'fluid') after(latency, () => flows.set(i, { path, left: activity.amount }));
      else {
        const place = streams.length + path[0]!;
        enter(place, () =>
          after(activity.amount / capacities[path[0]!]!, () => {
            after(latency, () => done(i));
            leave(place);
          }),
        );
      }
    }
  };
  const done = (i: number): void => {
    end[i] = now;
    for (const [before, next] of edges) if (before === i && --waitsFor[next]! === 0) due.push(next);
  };
  /** What became ready at this instant, first come first served. */
  const due = activities.flatMap((_, i) => (waitsFor[i] === 0 ? [i] : []));
  const startDue = (): void => {
    for (let i = due.shift(); i !== undefined; i = due.shift()) ready(i);
  };

  startDue();
  while (timers.length > 0 || flows.size > 0) {
    const rates = maxMinRates(
      capacities,
      [...flows.values()].map(({ path }) => path),
    );
    let next = Math.min(...timers.map(({ at }) => at));
    for (const [k, { left }] of [...flows.values()].entries()) next = Math.min(next, now + left / rates[k]!);
    for (const [k, flow] of [...flows.values()].entries()) flow.left -= rates[k]! * (next - now);
    now = next;
    const over = timers.filter(({ at }) => at === now);
    timers = timers.filter(({ at }) => at > now);
    for (const { act } of over) {
      act();
      startDue();
    }
    for (const [i, { left }] of [...flows]) {
      if (left > 1e-12) continue;
      flows.delete(i);
      done(i);
      startDue();
    }
  }
  return { start, end };
}
