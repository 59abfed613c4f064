import { EventQueue } from '../event-queue.ts';
import type { Change } from './disturbances.ts';

/**
 * Changes of many sources, each in order of time, as one in order of time; at equal times first known, first told (at
 * the beginning: in the order of the list). Each source speaks of speeds as if it were alone: where several slow the
 * same device or link, the factors multiply.
 */
export function* mergeChanges(sources: readonly Iterator<Change>[]): Generator<Change> {
  const pending = new EventQueue();
  const next: Change[] = [];
  const pull = (source: number): void => {
    const { done, value } = sources[source]!.next();
    if (done === true) return;
    next[source] = value;
    pending.push(value.seconds, 0, source, 0);
  };
  for (let source = 0; source < sources.length; source++) pull(source);
  const speeds = new Speeds();
  while (pending.pop()) {
    const source = pending.a;
    const change = next[source]!;
    yield change.kind === 'failure' ? change : speeds.together(change, source);
    pull(source);
  }
}

type SpeedChange = Exclude<Change, { kind: 'failure' }>;

/** What each source last said of the speed of each device and link. */
class Speeds {
  private readonly devices = new Map<number, Map<number, number>>();
  private readonly links = new Map<number, Map<number, number>>();

  together(change: SpeedChange, source: number): SpeedChange {
    const [of, subject] =
      change.kind === 'device-speed' ? [this.devices, change.device] : [this.links, change.link];
    let factors = of.get(subject);
    if (factors === undefined) {
      factors = new Map();
      of.set(subject, factors);
    }
    factors.set(source, change.factor);
    if (factors.size === 1) return change;
    let factor = 1;
    for (const one of factors.values()) factor *= one;
    return { ...change, factor };
  }
}
