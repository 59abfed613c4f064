import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { simulateActivities } from '../../../../sim/simulate-activities.ts';
import { readChakra } from '../../../../sim/traces/chakra/read.ts';
import { chakraGraph } from '../../../../sim/traces/chakra/replay.ts';
import { COLLECTIVE_TYPES } from '../../../../sim/traces/chakra/schema.ts';
import { ringOf } from '../../collectives/clusters.ts';
import { tracesOf } from './traces.ts';

/*
 * ASTRA-sim 2.0 with its analytical, congestion-unaware network: a ring of 50 × 2^30 B/s and 500 ns per hop
 * (Ring_8npus.yml), collectives in 4 splits one at a time with an endpoint delay of 10 ns (system_cfg.json), time in
 * whole nanoseconds. A sum reads two operands and writes one at the bandwidth of the local memory.
 */

const BANDWIDTH = 50 * 2 ** 30;
const MICROBENCHMARKS = fileURLToPath(
  new URL('../../../../../shared/chakra/astra-sim/examples/workload/microbenchmarks/', import.meta.url),
);
const MIB = 2 ** 20;
const K = 4;

function nanoseconds(traces: Parameters<typeof chakraGraph>[0], memoryBytesPerSecond: number): number {
  const cluster = ringOf(traces.length, BANDWIDTH, 500e-9);
  const graph = chakraGraph(traces, {
    algorithms: { 'all-to-all': 'blockwise-ring' },
    collectives: {
      splits: K,
      splitsAtOnce: 1,
      endpointSeconds: 10e-9,
      memoryBytesPerSecond,
      clock: { seconds: 1e-9, cluster },
    },
  });
  return simulateActivities(graph, cluster).seconds * 1e9;
}

/** Nanoseconds of a message of m bytes to the next rank, and of adding it up (two reads and a write). */
const hop = (m: number): number => Math.floor(500 + m / (BANDWIDTH / 1e9));
const sum = (m: number, memory: number): number => 3 * Math.floor(m / (memory / 1e9));

describe.skipIf(!existsSync(MICROBENCHMARKS))('micro-benchmarks (where ../shared/chakra is there)', () => {
  const traces = (collective: string, ranks: number) =>
    Array.from({ length: ranks }, (_, rank) => {
      const file = `${collective}/${ranks}npus_1MB/${collective}.${rank}.et`;
      return readChakra(readFileSync(MICROBENCHMARKS + file), file);
    });

  test('all-reduce of 1 MiB over a ring of 8 takes the 117,780 ns of the published log', () => {
    // tests/rt_template: local-mem-bw 50, in 10^9 B/s.
    expect(nanoseconds(traces('all_reduce', 8), 50e9)).toBeCloseTo(117_780, 6);
  });

  test.each([4, 8, 16])('all-reduce over %i ranks', (n) => {
    const m = MIB / (K * n);
    for (const memory of [50e9, 1600e9]) {
      const expected = K * (2 * (n - 1) * hop(m) + (n - 1) * sum(m, memory) + (2 * n - 1) * 10);
      expect(nanoseconds(traces('all_reduce', n), memory)).toBeCloseTo(expected, 6);
    }
  });

  test.each([4, 8, 16])('all-gather over %i ranks', (n) => {
    // comm_size is the shard of a rank: all of it goes around.
    const expected = K * ((n - 1) * hop(MIB / K) + n * 10);
    expect(nanoseconds(traces('all_gather', n), 50e9)).toBeCloseTo(expected, 6);
  });
});

describe('collectives of traces that were made here', () => {
  const made = (collective: (typeof COLLECTIVE_TYPES)[number], ranks: number) =>
    tracesOf(
      Array.from({ length: ranks }, (_, rank) => [
        {
          id: rank,
          type: 'collective' as const,
          attributes: { comm_type: COLLECTIVE_TYPES.indexOf(collective), comm_size: MIB },
        },
      ]),
    );

  test.each([4, 8, 16])('reduce-scatter and all-to-all over %i ranks', (n) => {
    const m = MIB / (K * n);
    const scatter = K * ((n - 1) * (hop(m) + sum(m, 50e9)) + n * 10);
    expect(nanoseconds(made('reduce-scatter', n), 50e9)).toBeCloseTo(scatter, 6);
    const messages = (n * (n - 1)) / 2;
    const exchange = K * (messages * hop(m) + (messages + 1) * 10);
    expect(nanoseconds(made('all-to-all', n), 50e9)).toBeCloseTo(exchange, 6);
  });
});
