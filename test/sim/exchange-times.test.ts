import { describe, expect, it } from 'vitest';
import { rankAlgorithms } from '../../sim/collectives/choose.ts';
import { type ExchangeTask, exchangeTime } from '../../sim/exchange-times.ts';
import { gpuCluster } from './strategies/replica-training.ts';

const RANKS = 8;
const cluster = gpuCluster(RANKS);
const devices = cluster.devices.flatMap(({ name }, d) => (name.includes('GPU') ? [d] : []));
const task = (over: Partial<ExchangeTask>): ExchangeTask => ({
  collective: 'all-reduce',
  algorithm: 'auto',
  bytes: 80,
  group: { name: 'all', devices },
  ...over,
});

describe('what auto chooses from is what NCCL has', () => {
  // Of so few bytes, algorithms of fewer rounds are faster, which the cluster could do as well.
  it.each(['all-gather', 'reduce-scatter'])('%s: rings', (collective) => {
    const [fastest] = rankAlgorithms(collective, { bytes: 80 }, cluster, { devices });
    const { algorithm, seconds } = exchangeTime(task({ collective }), cluster);
    expect(algorithm).toBe('ring');
    expect(seconds).toBeGreaterThan(1.5 * fastest!.seconds);
  });

  it('all-reduce: rings of many bytes, trees of few', () => {
    expect(exchangeTime(task({ bytes: 80e6 }), cluster).algorithm).toBe('ring');
    expect(exchangeTime(task({}), cluster).algorithm).toMatch(/tree/);
  });
});

it('one group may exchange as many bytes by several algorithms', () => {
  const { group } = task({});
  const [ring, tree] = ['ring', 'tree'].map((algorithm) => exchangeTime(task({ algorithm, group }), cluster));
  expect([ring!.algorithm, tree!.algorithm]).toEqual(['ring', 'tree']);
  expect(ring!.seconds).not.toBe(tree!.seconds);
});
