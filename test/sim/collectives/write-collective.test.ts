import { describe, expect, test } from 'vitest';
import { planCollective } from '../../../devices/collectives/index.ts';
import { ActivityGraphBuilder } from '../../../sim/activity-graph.ts';
import { writeCollective } from '../../../sim/collectives/write-collective.ts';
import { simulateActivities } from '../../../sim/simulate-activities.ts';
import { ringOf, switchOf } from './clusters.ts';
import { simulatedSeconds } from './run.ts';

/*
 * Bytes and bandwidths that make seconds: links carry 1 byte/s without latency unless told otherwise.
 */
const DEVICES = [0, 1, 2, 3];
const cluster = switchOf(4, 1, 0);

test('ranks take part when they are ready', () => {
  // Ranks 0 to 2 are ready at once, rank 3 after 10 s. Round 1 of the ring: 0→1 and 1→2 at once, 2→3 and 3→0 from 10 s
  // on; all later rounds follow those: 6 rounds of 1 s from 10 s on.
  const write = new ActivityGraphBuilder();
  const late = write.delay(10);
  const plan = planCollective('all-reduce', 'ring', { ranks: 4, bytes: 4 });
  writeCollective(write, plan, { devices: DEVICES, after: [-1, -1, -1, late] });
  expect(simulateActivities(write.finish(), cluster).seconds).toBeCloseTo(16, 12);
});

test('each rank is done when its own messages are', () => {
  // A chain of 4 in one chunk of 1 byte: rank r is done at r + 1 s, the last at 3 s.
  const plan = planCollective('broadcast', 'chain', { ranks: 4, bytes: 1 });
  for (const [rank, seconds] of [1, 2, 3, 3].entries()) {
    const write = new ActivityGraphBuilder();
    const done = writeCollective(write, plan, { devices: DEVICES });
    const then = write.delay(100);
    write.after(done[rank]!, then);
    expect(simulateActivities(write.finish(), cluster).seconds).toBeCloseTo(seconds + 100, 12);
  }
});

test('a rank alone is done when it is ready', () => {
  const write = new ActivityGraphBuilder();
  const ready = write.delay(7);
  const plan = planCollective('all-reduce', 'ring', { ranks: 1, bytes: 4 });
  const [done] = writeCollective(write, plan, { devices: [2], after: [ready] });
  const [unasked] = writeCollective(write, plan, { devices: [2] });
  const then = write.delay(1);
  write.after(done!, then);
  write.after(unasked!, then);
  expect(simulateActivities(write.finish(), cluster).seconds).toBe(8);
});

describe('what a rank does besides', () => {
  const plan = planCollective('reduce-scatter', 'ring', { ranks: 4, bytes: 4 });

  test('adding up reads two operands and writes one sum', () => {
    // 3 rounds: 1 s on the wire, 3 bytes of memory at 6 bytes/s.
    expect(simulatedSeconds(plan, cluster, { memoryBytesPerSecond: 6 })).toBeCloseTo(3 * 1.5, 12);
  });

  test('storing costs nothing but the endpoint', () => {
    const gather = planCollective('all-gather', 'ring', { ranks: 4, bytes: 4 });
    expect(simulatedSeconds(gather, cluster, { memoryBytesPerSecond: 6 })).toBeCloseTo(3, 12);
    // 0.25 s to begin and for each message.
    expect(simulatedSeconds(gather, cluster, { endpointSeconds: 0.25 })).toBeCloseTo(0.25 + 3 * 1.25, 12);
  });

  test('messages that come together are added up one after another', () => {
    // 3 messages of 1 byte share a link of 1 byte/s: there at 3 s; then 3 · 0.5 s.
    const direct = planCollective('reduce-scatter', 'direct', { ranks: 4, bytes: 4 });
    expect(simulatedSeconds(direct, cluster, { memoryBytesPerSecond: 6 })).toBeCloseTo(4.5, 12);
  });

  test('on a stream of the device, it waits for what is computed there', () => {
    const write = new ActivityGraphBuilder();
    const streams = DEVICES.map((device) => write.stream(device));
    // Rank 2's stream is busy until 20 s: what arrives in the first round is added up then, and 2 rounds follow.
    write.compute(streams[2]!, 20);
    writeCollective(write, plan, { devices: DEVICES, streams, memoryBytesPerSecond: 6 });
    expect(simulateActivities(write.finish(), cluster).seconds).toBeCloseTo(20.5 + 2 * 1.5, 12);
  });
});

describe('splits', () => {
  const plan = planCollective('all-reduce', 'ring', { ranks: 4, bytes: 4 });
  const slow = switchOf(4, 1, 0.5);

  test('go through the algorithm one after another', () => {
    // 6 rounds of 1 s latency and 1 s, or 12 of 1 s and 0.5 s.
    expect(simulatedSeconds(plan, slow)).toBeCloseTo(12, 12);
    expect(simulatedSeconds(plan, slow, { splits: 2 })).toBeCloseTo(18, 12);
  });

  test('or at once, sharing the links: latencies are hidden no better than by one', () => {
    expect(simulatedSeconds(plan, slow, { splits: 2, splitsAtOnce: 2 })).toBeCloseTo(12, 12);
    // Four, two at a time: as two of half the size, one after the other.
    expect(simulatedSeconds(plan, slow, { splits: 4, splitsAtOnce: 2 })).toBeCloseTo(18, 12);
  });
});

test('two collectives on one network share it', () => {
  const write = new ActivityGraphBuilder();
  const plan = planCollective('all-gather', 'ring', { ranks: 4, bytes: 4 });
  writeCollective(write, plan, { devices: DEVICES });
  writeCollective(write, plan, { devices: DEVICES });
  expect(simulateActivities(write.finish(), cluster).seconds).toBeCloseTo(6, 12);
});

test('ranks may be any devices, in any order', () => {
  const plan = planCollective('all-gather', 'ring', { ranks: 3, bytes: 3 });
  const seconds = (devices: readonly number[]): number => {
    const write = new ActivityGraphBuilder();
    writeCollective(write, plan, { devices });
    return simulateActivities(write.finish(), ringOf(6, 1, 0)).seconds;
  };
  // Neighbours, two hops apart, and around: no link is shared.
  expect(seconds([0, 2, 4])).toBeCloseTo(2, 12);
  // Onwards 0→1→2, and back from 2 to 0 over both, in the other direction.
  expect(seconds([0, 1, 2])).toBeCloseTo(2, 12);
  // 0→2, 2→1, 1→0 and so on: 0→2 and no other use 0→1; 2→1 and 1→0 lead back.
  expect(seconds([0, 2, 1])).toBeCloseTo(2, 12);
  // 0→3 over 1 and 2, 3→1 back over 2, 1→0 back.
  expect(seconds([0, 3, 1])).toBeCloseTo(2, 12);
});
