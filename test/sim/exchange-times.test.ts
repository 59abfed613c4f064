import { describe, expect, it } from 'vitest';
import { CATALOG } from '../../devices/catalog/catalog.ts';
import { communicationTime } from '../../devices/communication/communication-seconds.ts';
import { groupPaths } from '../../devices/communication/group-paths.ts';
import { rankAlgorithms } from '../../sim/collectives/choose.ts';
import { type ExchangeTask, exchangeTime } from '../../sim/exchange-times.ts';
import { gpuHosts, gpus, nvswitch } from '../devices/communication/clusters.ts';
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

describe('without a communication library, auto chooses from what NCCL has', () => {
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

describe('GPUs whose communication library is known', () => {
  const nvlink = gpuHosts({
    gpu: 'a100',
    peers: nvswitch('nvlink3'),
    hosts: 2,
    adapters: 8,
    network: 'ib-hdr',
  });
  const all = gpus(nvlink, 16);
  const exchange = (bytes: number, devices: readonly number[]) =>
    exchangeTime(task({ bytes, group: { name: `${devices.length}`, devices } }), nvlink);

  it.each([1e3, 1e6, 1e8, 1e10])('%d bytes take what the library does, alone', (bytes) => {
    for (const devices of [all.slice(0, 4), all]) {
      const paths = groupPaths(nvlink, devices);
      const { seconds, algorithm } = communicationTime(
        { collective: 'all-reduce', bytes },
        paths,
        nvlink.communication!,
      );
      const timed = exchange(bytes, devices);
      expect(timed.algorithm).toBe(algorithm);
      expect(timed.seconds).toBeCloseTo(seconds, 9);
      expect(timed.delaySeconds).toBeLessThanOrEqual(timed.seconds);
    }
  });

  it('groups that are alike share the links that they meet on', () => {
    const oneNic = gpuHosts({ gpu: 'a100', peers: nvswitch('nvlink3'), hosts: 2, network: 'ib-hdr' });
    const ranks = gpus(oneNic, 16);
    const pair = (i: number) => [ranks[i]!, ranks[8 + i]!];
    const seconds = (alike: readonly number[][]) =>
      exchangeTime(task({ bytes: 1e9, group: { name: 'pair', devices: pair(0), alike } }), oneNic).seconds;
    expect(seconds([pair(1), pair(2), pair(3)]) / seconds([])).toBeGreaterThan(3.5);
  });

  it('an algorithm by name is what its messages take', () => {
    const ring = exchangeTime(
      task({ algorithm: 'ring', bytes: 1e9, group: { name: 'r', devices: all.slice(0, 8) } }),
      nvlink,
    );
    const { bytesPerSecond, latencySeconds } = CATALOG.link('nvlink3');
    expect(ring.seconds).toBeCloseTo(14 * (latencySeconds.value + 1e9 / 8 / bytesPerSecond.value), 9);
  });
});
