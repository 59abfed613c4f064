import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CollectiveTask } from '../../../devices/collectives/algorithm.ts';
import {
  algorithmFor,
  COLLECTIVES,
  collectiveSeconds,
  planCollective,
} from '../../../devices/collectives/index.ts';
import { messageCount, messagesOf } from '../../../devices/collectives/rounds.ts';
import type { CollectiveSchedule } from '../../../devices/collectives/schedule.ts';

const rows = Object.entries(COLLECTIVES).flatMap(([collective, algorithms]) =>
  Object.keys(algorithms).map((algorithm) => ({ collective, algorithm })),
);

const SIZES = [1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 16, 21, 32];

/** The messages of every number of ranks that the algorithm takes. */
function schedules(collective: string, algorithm: string, options: Partial<CollectiveTask> = {}) {
  return SIZES.flatMap((ranks) => {
    const task = { bytes: 1, groupSize: ranks % 4 === 0 ? 4 : 1, root: ranks - 1, ...options, ranks };
    const refusal = algorithmFor(collective, algorithm).refusal?.({ chunks: 1, ...task });
    if (refusal !== undefined) return [];
    return [{ ranks, root: task.root, schedule: messagesOf(planCollective(collective, algorithm, task)) }];
  });
}

/** Per rank: of whom it knows something in the end, if a message passes on all that its sender knew before the round. */
function knowledge({ ranks, roundStart, from, to }: CollectiveSchedule): Set<number>[] {
  let knows = Array.from({ length: ranks }, (_, rank) => new Set([rank]));
  for (let round = 0; round + 1 < roundStart.length; round++) {
    const after = knows.map((known) => new Set(known));
    for (let m = roundStart[round]!; m < roundStart[round + 1]!; m++) {
      for (const known of knows[from[m]!]!) after[to[m]!]!.add(known);
    }
    knows = after;
  }
  return knows;
}

function received({ ranks, to, bytes, reduces }: CollectiveSchedule, onlyAdded: boolean): Float64Array {
  const sum = new Float64Array(ranks);
  to.forEach((rank, m) => {
    if (!onlyAdded || reduces[m] === 1) sum[rank]! += bytes[m]!;
  });
  return sum;
}

const total = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0);

describe('every algorithm', () => {
  test.each(rows)('$collective by $algorithm: who must know of whom does', ({ collective, algorithm }) => {
    for (const { ranks, root, schedule } of schedules(collective, algorithm, { chunks: 3 })) {
      const knows = knowledge(schedule);
      for (let rank = 0; rank < ranks; rank++) {
        if (collective === 'broadcast') expect(knows[rank]!.has(root)).toBe(true);
        else if (collective !== 'reduce' || rank === root) expect(knows[rank]!.size).toBe(ranks);
      }
    }
  });

  test.each(rows)(
    '$collective by $algorithm: enough bytes get to every rank',
    ({ collective, algorithm }) => {
      for (const { ranks, root, schedule } of schedules(collective, algorithm)) {
        const bytes = received(schedule, false);
        for (let rank = 0; rank < ranks; rank++) {
          // Of a vector of 1 byte: what others have of it, or the whole where it is all another's.
          const share = (ranks - 1) / ranks;
          const least =
            { broadcast: rank === root ? 0 : 1, reduce: rank === root && ranks > 1 ? 1 : 0 }[collective] ??
            share;
          expect(bytes[rank]!).toBeGreaterThanOrEqual(least * (1 - 1e-12));
        }
      }
    },
  );

  test.each(rows)('$collective by $algorithm: bytes are added up as often as there are others', (row) => {
    for (const { ranks, schedule } of schedules(row.collective, row.algorithm)) {
      const added = total(received(schedule, true));
      const sums = { 'all-reduce': 1, 'reduce-scatter': 1, reduce: 1 }[row.collective] ?? 0;
      if (row.collective === 'all-reduce' && row.algorithm === 'recursive-doubling') {
        // Every rank of the power of two adds up everything by itself.
        const power = 2 ** Math.floor(Math.log2(ranks));
        expect(added).toBeCloseTo(power * Math.log2(power) + (ranks - power), 9);
      } else {
        expect(added).toBeCloseTo(sums * (ranks - 1), 9);
      }
    }
  });

  test.each(rows)('$collective by $algorithm: one rank has nothing to do, and takes no time', (row) => {
    const task = { ranks: 1, bytes: 1e9, chunks: 1 };
    expect(messageCount(planCollective(row.collective, row.algorithm, task))).toBe(0);
    expect(
      collectiveSeconds(row.collective, row.algorithm, task, { latencySeconds: 1, secondsPerByte: 1 }),
    ).toBe(0);
  });

  test.each(rows)('$collective by $algorithm: messages are counted without being written', (row) => {
    for (const ranks of [2, 4, 8]) {
      const plan = planCollective(row.collective, row.algorithm, { ranks, bytes: 1, chunks: 2 });
      const { from, roundStart } = messagesOf(plan);
      expect(messageCount(plan)).toBe(from.length);
      expect(roundStart.at(-1)).toBe(from.length);
    }
  });
});

/** Algorithms in which every rank has one message to send and one to receive at a time, so that no link is shared. */
const ONE_AT_A_TIME = rows.filter(
  ({ algorithm }) => algorithm !== 'direct' && algorithm !== 'bidirectional-ring',
);

test.each(ONE_AT_A_TIME)('$collective by $algorithm sends and receives one message at a time', (row) => {
  for (const { ranks, schedule } of schedules(row.collective, row.algorithm, { chunks: 5 })) {
    const { roundStart, from, to } = schedule;
    for (let round = 0; round + 1 < roundStart.length; round++) {
      const senders = from.subarray(roundStart[round], roundStart[round + 1]);
      const receivers = to.subarray(roundStart[round], roundStart[round + 1]);
      expect(new Set(senders).size).toBe(senders.length);
      expect(new Set(receivers).size).toBe(receivers.length);
      expect(Math.max(...senders, ...receivers)).toBeLessThan(ranks);
    }
  }
});

test('two trees: a rank passes on in one tree only, and no rank moves more than another by much', () => {
  for (const ranks of [4, 7, 16, 33, 100]) {
    const plan = messagesOf(planCollective('all-reduce', 'double-binary-tree', { ranks, bytes: 1 }));
    // 2 halves up and 2 halves down at most, in each direction: 2 vectors, where one tree has ranks with 3.
    expect(Math.max(...received(plan, false))).toBeLessThanOrEqual(2);
  }
});

test('hierarchical all-reduce: all but a share of the bytes stay within hosts', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 8 }), fc.integer({ min: 2, max: 8 }), (groups, groupSize) => {
      const task = { ranks: groups * groupSize, bytes: 1, groupSize };
      const { from, to, bytes } = messagesOf(planCollective('all-reduce', 'hierarchical', task));
      let between = 0;
      const group = (rank: number): number => Math.floor(rank / groupSize);
      from.forEach((rank, m) => {
        if (group(rank) !== group(to[m]!)) between += bytes[m]!;
      });
      // Each of the groupSize rings between hosts moves 2 (groups − 1) times its 1 / groupSize of the vector.
      expect(between).toBeCloseTo(2 * (groups - 1), 9);
    }),
  );
});

describe('refused', () => {
  const task = { ranks: 6, bytes: 1 };
  test.each([
    ['all-reduse', 'ring', task, 'unknown collective "all-reduse"; did you mean "all-reduce"?'],
    ['all-reduce', 'rings', task, 'unknown algorithm for all-reduce "rings"; did you mean "ring"?'],
    ['broadcast', 'halving-doubling', task, 'choose one of: direct, tree, chain'],
    ['all-gather', 'recursive-doubling', task, 'needs a power of two of ranks, got 6'],
    ['all-reduce', 'hierarchical', { ...task, groupSize: 4 }, 'needs groups of equal size'],
    ['all-reduce', 'ring', { ranks: 0, bytes: 1 }, "a collective's ranks: expected a whole number from 1"],
    ['all-reduce', 'ring', { ranks: 2.5, bytes: 1 }, "a collective's ranks"],
    [
      'all-reduce',
      'ring',
      { ranks: 2, bytes: Number.NaN },
      "a collective's size: expected 0 or more bytes, got NaN",
    ],
    ['all-reduce', 'ring', { ranks: 2, bytes: -1 }, 'got -1'],
    ['broadcast', 'chain', { ...task, chunks: 0 }, "a collective's chunks"],
    ['broadcast', 'chain', { ...task, root: 6 }, 'expected a rank from 0 to 5, got 6'],
  ] as const)('%s by %s', (collective, algorithm, of, message) => {
    expect(() => planCollective(collective, algorithm, of)).toThrow(message);
    expect(() =>
      collectiveSeconds(collective, algorithm, of, { latencySeconds: 1, secondsPerByte: 1 }),
    ).toThrow(message);
  });

  test('more messages than memory holds', () => {
    const plan = planCollective('all-reduce', 'ring', { ranks: 16_384, bytes: 1 });
    expect(messageCount(plan)).toBe(16_384 * 2 * 16_383);
    expect(() => messagesOf(plan)).toThrow('a collective of 536838144 messages');
  });
});
