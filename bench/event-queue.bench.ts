import FlatQueue from 'flatqueue';
import { stream } from '../base/random.ts';
import { EventQueue } from '../sim/event-queue.ts';
import { cpuSeconds } from './measure.ts';

/*
 * Hold model: N events pending; pop the earliest and push one a random time later. Peer: flatqueue, the fastest
 * typed heap on npm that we know of, which does not keep the order of events of equal time, as a simulator must.
 */

const HOLDS = 300_000;
const random = stream(1, 'hold');
const delays = Float64Array.from({ length: 4096 }, () => random.uniform());

console.log('pending   own queue      flatqueue      own / flatqueue');
for (const pending of [100, 10_000, 100_000]) {
  let sink = 0;
  const own = cpuSeconds(7, () => {
    const queue = new EventQueue();
    for (let i = 0; i < pending; i++) queue.push(delays[i & 4095]!, 0, i, 0);
    for (let i = 0; i < HOLDS; i++) {
      queue.pop();
      sink += queue.a;
      queue.push(queue.time + delays[i & 4095]!, 0, queue.a, 0);
    }
  });
  const peer = cpuSeconds(7, () => {
    const queue = new FlatQueue<number>();
    for (let i = 0; i < pending; i++) queue.push(i, delays[i & 4095]!);
    for (let i = 0; i < HOLDS; i++) {
      const time = queue.peekValue()!;
      const item = queue.pop()!;
      sink += item;
      queue.push(item, time + delays[i & 4095]!);
    }
  });
  if (sink < 0) throw new Error('never');
  const rate = (seconds: number): string => `${(HOLDS / seconds / 1e6).toFixed(1)} M holds/s`.padEnd(14);
  console.log(`${String(pending).padEnd(8)}  ${rate(own)} ${rate(peer)} ${(peer / own).toFixed(2)}`);
}
