import { describe, expect, test } from 'vitest';
import type { CollectiveTask } from '../../../devices/collectives/algorithm.ts';
import { COLLECTIVES, collectiveSeconds, planCollective } from '../../../devices/collectives/index.ts';
import { switchOf } from './clusters.ts';
import { simulatedSeconds } from './run.ts';

const LINK_LATENCY = 0.7e-6;
const BANDWIDTH = 12.5e9;
const MEMORY = 900e9;
/** A route has two links; adding up reads two operands and writes one sum. */
const COST = {
  latencySeconds: 2 * LINK_LATENCY,
  secondsPerByte: 1 / BANDWIDTH,
  reduceSecondsPerByte: 3 / MEMORY,
};

const RANKS = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 48];
const BYTES = [0, 8, 1e3, 1e6, 1e9];

interface Case {
  readonly collective: string;
  readonly algorithm: string;
  readonly tasks: readonly CollectiveTask[];
}

const cases: Case[] = Object.entries(COLLECTIVES).flatMap(([collective, algorithms]) =>
  Object.entries(algorithms).map(([algorithm, row]) => {
    const chunkCounts = 'pipelined' in row ? [1, 2, 9] : [1];
    const groupSizes = algorithm === 'hierarchical' ? [1, 2, 4, 8] : [1];
    const powersOnly = algorithm === 'recursive-halving' || algorithm === 'recursive-doubling';
    const possible = RANKS.filter((ranks) => {
      // See the test of two trees below.
      if (algorithm === 'double-binary-tree') return ranks !== 15;
      return collective === 'all-reduce' || !powersOnly || Number.isInteger(Math.log2(ranks));
    });
    const tasks = possible.flatMap((ranks) =>
      groupSizes
        .filter((groupSize) => ranks % groupSize === 0)
        .flatMap((groupSize) =>
          chunkCounts.flatMap((chunks) =>
            BYTES.map((bytes) => ({ ranks, bytes, chunks, groupSize, root: Math.min(2, ranks - 1) })),
          ),
        ),
    );
    return { collective, algorithm, tasks };
  }),
);

function times(collective: string, algorithm: string, task: CollectiveTask, memory: number | undefined) {
  const cost = memory === undefined ? { ...COST, reduceSecondsPerByte: 0 } : COST;
  const plan = planCollective(collective, algorithm, task);
  const cluster = switchOf(task.ranks, BANDWIDTH, LINK_LATENCY);
  return {
    closedForm: collectiveSeconds(collective, algorithm, task, cost),
    simulated: simulatedSeconds(plan, cluster, memory === undefined ? {} : { memoryBytesPerSecond: memory }),
  };
}

describe('on one switch, simulated message by message, the time is the closed form', () => {
  test.each(cases)('$collective by $algorithm', ({ collective, algorithm, tasks }) => {
    expect(tasks.length).toBeGreaterThanOrEqual(6 * BYTES.length);
    // See below for adding up in two trees.
    const memory = algorithm === 'double-binary-tree' ? undefined : MEMORY;
    for (const task of tasks) {
      const { simulated, closedForm } = times(collective, algorithm, task, memory);
      const error = Math.abs(simulated - closedForm);
      expect(error, `${JSON.stringify(task)}: ${simulated}, not ${closedForm}`).toBeLessThanOrEqual(
        1e-9 * closedForm,
      );
    }
  });
});

describe('in two trees, some rounds hold nobody up', () => {
  test('one each way of 15 or 63 ranks', () => {
    const shorter: number[] = [];
    const round = 2 * LINK_LATENCY;
    for (let ranks = 1; ranks <= 70; ranks++) {
      const task = { ranks, bytes: 0, chunks: 1 };
      const { simulated, closedForm } = times('all-reduce', 'double-binary-tree', task, undefined);
      const saved = (closedForm - simulated) / round;
      expect(saved).toBeCloseTo(Math.round(saved), 9);
      if (Math.round(saved) === 0) continue;
      expect(Math.round(saved)).toBe(2);
      shorter.push(ranks);
    }
    expect(shorter).toEqual([15, 63]);
  });

  test('or a round of adding up: never later than the closed form, at most a round each way earlier', () => {
    for (const ranks of RANKS) {
      for (const chunks of [1, 3, 9]) {
        const task = { ranks, bytes: 1e6, chunks };
        const { simulated, closedForm } = times('all-reduce', 'double-binary-tree', task, MEMORY);
        const piece = task.bytes / (2 * chunks);
        const round = COST.latencySeconds + piece * (COST.secondsPerByte + COST.reduceSecondsPerByte);
        expect(simulated).toBeLessThanOrEqual(closedForm * (1 + 1e-9));
        expect(simulated).toBeGreaterThanOrEqual(closedForm - 2 * round * (1 + 1e-9));
      }
    }
  });
});

/** Closed forms with plain numbers: 1 GB over links of 1 GB/s without latency, so a second per vector. */
describe('bytes that pass a link, in vectors', () => {
  const wire = { latencySeconds: 0, secondsPerByte: 1e-9 };
  const latencies = { latencySeconds: 1, secondsPerByte: 0 };
  const task = { ranks: 8, bytes: 1e9, groupSize: 4 };

  test.each([
    // 2 (N − 1) / N is the least that an all-reduce can do (Patarasuk & Yuan 2009).
    ['all-reduce', 'ring', 14 / 8, 14],
    ['all-reduce', 'halving-doubling', 14 / 8, 6],
    ['all-reduce', 'direct', 14 / 8, 2],
    ['all-reduce', 'hierarchical', 14 / 8, 8],
    // Up and down a tree of height 3.
    ['all-reduce', 'tree', 6, 6],
    ['all-reduce', 'recursive-doubling', 3, 3],
    ['reduce-scatter', 'recursive-halving', 7 / 8, 3],
    ['all-gather', 'bruck', 7 / 8, 3],
    ['all-to-all', 'direct', 7 / 8, 1],
    ['all-to-all', 'pairwise', 7 / 8, 7],
    // Half of the blocks travel in each of 3 rounds.
    ['all-to-all', 'bruck', 3 / 2, 3],
    // 7 + 6 + … + 1 blocks of 1/8.
    ['all-to-all', 'ring', 28 / 8, 7],
    ['all-to-all', 'blockwise-ring', 28 / 8, 28],
    ['broadcast', 'direct', 7, 1],
    ['broadcast', 'tree', 3, 3],
    // One chunk goes from rank to rank.
    ['reduce', 'chain', 7, 7],
  ] as const)('%s by %s: %d, in %d latencies', (collective, algorithm, vectors, rounds) => {
    expect(collectiveSeconds(collective, algorithm, task, wire)).toBeCloseTo(vectors, 12);
    expect(collectiveSeconds(collective, algorithm, task, latencies)).toBeCloseTo(rounds, 12);
  });

  test('of pipelined ones go towards one vector, and of the two trees towards two', () => {
    const many = { ranks: 8, bytes: 1e9, chunks: 10_000 };
    expect(collectiveSeconds('broadcast', 'chain', many, wire)).toBeCloseTo(1, 2);
    expect(collectiveSeconds('all-reduce', 'double-binary-tree', many, wire)).toBeCloseTo(2, 2);
  });
});
