import { describe, expect, test } from 'vitest';
import {
  algorithmsFor,
  COLLECTIVES,
  collectiveSeconds,
  planCollective,
} from '../../../devices/collectives/index.ts';
import { chooseAlgorithm, rankAlgorithms } from '../../../sim/collectives/choose.ts';
import { ringOf, switchOf, twoLevels } from './clusters.ts';
import { simulatedSeconds } from './run.ts';

const all = (ranks: number): Int32Array => Int32Array.from({ length: ranks }, (_, rank) => rank);
const COST = { latencySeconds: 2e-6, secondsPerByte: 1e-9 };

describe('the fastest algorithm', () => {
  const cluster = switchOf(16, 1e9, 1e-6);
  const best = (collective: string, bytes: number): string =>
    chooseAlgorithm(collective, { bytes }, cluster, { devices: all(16) }).algorithm;

  test('for short vectors has few messages in turn, for long ones few bytes', () => {
    // One latency each way, and no more bytes than any other.
    expect(best('all-reduce', 8)).toBe('direct');
    expect(best('all-to-all', 8)).toBe('direct');
    expect(best('broadcast', 8)).toBe('direct');
    // 15 latencies and one vector against 4 and 4, in chunks.
    expect(best('broadcast', 1e9)).toBe('chain');
  });

  test.each(Object.keys(COLLECTIVES))(
    'is, on one switch, the one with the least closed form: %s',
    (collective) => {
      for (const ranks of [2, 5, 8]) {
        for (const bytes of [1, 1e4, 1e8]) {
          const choices = rankAlgorithms(collective, { bytes }, switchOf(ranks, 1e9, 1e-6), {
            devices: all(ranks),
          });
          const closed = choices.map(({ algorithm, task }) =>
            collectiveSeconds(collective, algorithm, task, COST),
          );
          for (const [i, { seconds }] of choices.entries()) {
            expect(Math.abs(seconds - closed[i]!)).toBeLessThanOrEqual(1e-9 * closed[i]!);
            if (i > 0) expect(seconds).toBeGreaterThanOrEqual(choices[i - 1]!.seconds);
          }
          const possible = Object.entries(algorithmsFor(collective)).filter(
            ([name, row]) =>
              name !== 'hierarchical' &&
              row.refusal?.({ ranks, bytes, chunks: 1, groupSize: 1, root: 0 }) === undefined,
          );
          expect(choices.map(({ algorithm }) => algorithm).sort()).toEqual(
            possible.map(([name]) => name).sort(),
          );
        }
      }
    },
  );

  test('on a ring of links is the ring, in both directions', () => {
    const choice = chooseAlgorithm('all-reduce', { bytes: 1e9 }, ringOf(8, 1e9, 1e-6), { devices: all(8) });
    expect(choice.algorithm).toBe('bidirectional-ring');
    expect(choice.by).toBe('folded');
    // 14 rounds of 1/16 of the vector on each of the two links.
    expect(choice.seconds).toBeCloseTo(14 * (1e-6 + 1 / 16), 9);
  });

  test('between slow hosts stays within them as far as it can', () => {
    // 4 hosts of 4: 10 GB/s inside, 1 GB/s between.
    const flat = twoLevels(4, 4, 10e9, 1e-6, 1e9);
    const hosts = {
      ...flat,
      devices: flat.devices.map((device, i) => ({ ...device, host: `host ${i >> 2}` })),
    };
    const choices = rankAlgorithms('all-reduce', { bytes: 1e9 }, hosts, { devices: all(16) });
    const hierarchical = choices.find(({ algorithm }) => algorithm === 'hierarchical')!;
    expect(hierarchical.task.groupSize).toBe(4);
    // Inside: 2 · 3 rounds of a quarter. Between: 4 rings of 1/4 share a trunk: 2 · 3 rounds of 4 · 1/16 each.
    expect(hierarchical.seconds).toBeCloseTo(6 * (2e-6 + 0.025) + 6 * (4e-6 + 0.25), 9);
    // Without hosts, it is not tried.
    const names = rankAlgorithms('all-reduce', { bytes: 1e9 }, flat, { devices: all(16) }).map(
      ({ algorithm }) => algorithm,
    );
    expect(names).not.toContain('hierarchical');
  });
});

test('times are those of the messages on the cluster, whichever way they were found', () => {
  const cluster = twoLevels(2, 4, 2e9, 1e-6, 1e9);
  const choices = rankAlgorithms('all-reduce', { bytes: 1e6 }, cluster, { devices: all(8) });
  expect(new Set(choices.map(({ by }) => by))).toEqual(new Set(['folded', 'simulated']));
  for (const { algorithm, task, seconds } of choices) {
    const unfolded = simulatedSeconds(planCollective('all-reduce', algorithm, task), cluster);
    expect(Math.abs(seconds - unfolded)).toBeLessThanOrEqual(1e-12 * unfolded);
  }
});

test('a thousand ranks are compared too: what is too much to simulate comes last, by its closed form', () => {
  const ranks = 1000;
  const choices = rankAlgorithms('all-reduce', { bytes: 1e9 }, switchOf(ranks, 1e9, 1e-6), {
    devices: all(ranks),
  });
  const by = Object.fromEntries(choices.map((choice) => [choice.algorithm, choice.by]));
  expect(by).toMatchObject({ ring: 'folded', tree: 'simulated', direct: 'closed form' });
  const untimed = choices.findIndex((choice) => choice.by === 'closed form');
  expect(choices.slice(untimed).every((choice) => choice.by === 'closed form')).toBe(true);
  const direct = choices.find(({ algorithm }) => algorithm === 'direct')!;
  expect(direct.seconds).toBeCloseTo(collectiveSeconds('all-reduce', 'direct', direct.task, COST), 12);
});

test('chunks are those that make a pipelined algorithm fastest', () => {
  // c chunks down a chain of 8: (6 + c) (α + S / c · β), least where c = √(6 S β / α) = √3000, near 55: 64 of the powers.
  const cluster = switchOf(8, 1e9, 1e-6);
  const choices = rankAlgorithms('broadcast', { bytes: 1e6 }, cluster, { devices: all(8) });
  expect(choices.find(({ algorithm }) => algorithm === 'chain')!.task.chunks).toBe(64);
});

test('fewer messages may be asked for', () => {
  const cluster = ringOf(6, 1e9, 1e-6);
  const wish = { bytes: 1e6, mostMessages: 10 };
  // Trees of six ranks have ten messages.
  const choices = rankAlgorithms('all-reduce', wish, cluster, { devices: all(6) });
  expect(choices.filter(({ by }) => by === 'simulated').map(({ algorithm }) => algorithm)).toEqual(['tree']);
  expect(choices.find(({ algorithm }) => algorithm === 'direct')!.by).toBe('closed form');
});

test('an unknown collective is refused', () => {
  expect(() => chooseAlgorithm('all-redude', { bytes: 1 }, switchOf(2, 1, 1), { devices: all(2) })).toThrow(
    'unknown collective "all-redude"; did you mean "all-reduce"?',
  );
});
