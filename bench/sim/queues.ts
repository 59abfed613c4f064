import FlatQueue from 'flatqueue';
import { Heap } from 'heap-js';
import TinyQueue from 'tinyqueue';
import { stream } from '../../base/random.ts';
import { quantile } from '../../base/statistics.ts';
import { EventQueue } from '../../sim/event-queue.ts';
import { cpuSecondsOf } from '../measure.ts';

/** What a queue does in the hold model; returns something that depends on the order of events. */
interface Rival {
  readonly name: string;
  readonly tiesInOrder: 'by construction' | 'with a sequence number' | 'no';
  readonly hold: (pending: number, holds: number) => number;
}

export interface QueueRate {
  readonly queue: string;
  readonly tiesInOrder: Rival['tiesInOrder'];
  readonly pending: number;
  /** Events popped and pushed per CPU second, median. */
  readonly eventsPerSecond: number;
}

const DELAYS = 4096;
const random = stream(1, 'hold');
const delays = Float64Array.from({ length: DELAYS }, () => random.uniform());
const delay = (event: number): number => delays[event & (DELAYS - 1)]!;

interface Event {
  readonly time: number;
  readonly sequence: number;
  readonly activity: number;
}
const earlier = (a: Event, b: Event): number => a.time - b.time || a.sequence - b.sequence;

/** Queues of objects with a comparator, which must put ties in order themselves. */
function holdObjects(
  queue: { push(event: Event): unknown; pop(): Event | undefined },
  pending: number,
  holds: number,
): number {
  let sink = 0;
  for (let i = 0; i < pending; i++) queue.push({ time: delay(i), sequence: i, activity: i });
  for (let i = 0; i < holds; i++) {
    const { time, activity } = queue.pop()!;
    sink += activity;
    queue.push({ time: time + delay(i), sequence: pending + i, activity });
  }
  return sink;
}

const RIVALS: readonly Rival[] = [
  {
    name: 'stepcast',
    tiesInOrder: 'by construction',
    hold: (pending, holds) => {
      const queue = new EventQueue();
      let sink = 0;
      for (let i = 0; i < pending; i++) queue.push(delay(i), 0, i, 0);
      for (let i = 0; i < holds; i++) {
        queue.pop();
        sink += queue.a;
        queue.push(queue.time + delay(i), 0, queue.a, 0);
      }
      return sink;
    },
  },
  {
    name: 'flatqueue',
    tiesInOrder: 'no',
    hold: (pending, holds) => {
      const queue = new FlatQueue<number>();
      let sink = 0;
      for (let i = 0; i < pending; i++) queue.push(i, delay(i));
      for (let i = 0; i < holds; i++) {
        const time = queue.peekValue()!;
        const activity = queue.pop()!;
        sink += activity;
        queue.push(activity, time + delay(i));
      }
      return sink;
    },
  },
  {
    name: 'tinyqueue',
    tiesInOrder: 'with a sequence number',
    hold: (pending, holds) => holdObjects(new TinyQueue<Event>([], earlier), pending, holds),
  },
  {
    name: 'heap-js',
    tiesInOrder: 'with a sequence number',
    hold: (pending, holds) => holdObjects(new Heap<Event>(earlier), pending, holds),
  },
];

/**
 * Hold model (Vaucher & Duval 1975): `pending` events wait; the earliest is popped and one pushed a random time
 * later, again and again. Rivals take turns, so that a disturbance of the machine meets all of them.
 */
export function queueRates(pendings: readonly number[], holds: number, rounds: number): QueueRate[] {
  const rates: QueueRate[] = [];
  for (const pending of pendings) {
    const seconds = RIVALS.map((): number[] => []);
    const sinks = new Set<number>();
    for (let round = -1; round < rounds; round++) {
      RIVALS.forEach(({ hold, tiesInOrder }, r) => {
        let sink = 0;
        const taken = cpuSecondsOf(() => {
          sink = hold(pending, holds);
        });
        if (tiesInOrder !== 'no') sinks.add(sink);
        if (round >= 0) seconds[r]!.push(taken);
      });
    }
    if (sinks.size !== 1) throw new Error(`queues disagree on the order of events: ${[...sinks]}`);
    RIVALS.forEach(({ name, tiesInOrder }, r) => {
      rates.push({ queue: name, tiesInOrder, pending, eventsPerSecond: holds / quantile(seconds[r]!, 0.5) });
    });
  }
  return rates;
}
