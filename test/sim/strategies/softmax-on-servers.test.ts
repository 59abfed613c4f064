import { describe, expect, it } from 'vitest';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import { compilePlan } from '../../../sim/compile.ts';
import { simulate } from '../../../sim/engine.ts';
import { planned } from './server-training.ts';

/*
 * What Abadi et al. (OSDI'16, section 6.4 and figure 9) say of a language model whose softmax is computed on the servers:
 * a second server helps more than more workers, until the LSTM's share of the work is what is left; a sampled softmax needs
 * the servers hardly at all.
 */

const BATCH = 128;

/** Words per second once all workers are under way. */
function throughput(name: string, workers: number, servers: number): number {
  const { plan, cluster } = planned('async', {
    model: MODELS[name]!,
    batch: BATCH,
    workers,
    servers,
    updates: 3 * workers,
    options: { offload: true },
  });
  const { updateSeconds } = simulate(compilePlan(plan, cluster, kernelSeconds), cluster);
  const seconds = updateSeconds.at(-1)! - updateSeconds[workers - 1]!;
  return (2 * workers * BATCH * 20) / seconds;
}

describe('a full softmax', () => {
  const full = (workers: number, servers: number) => throughput('lstm-512-512', workers, servers);
  const [few, some, many] = [full(4, 1), full(32, 1), full(256, 1)] as const;

  it('gains more from a second server than from eight times the workers', () => {
    const second = full(4, 2) / few;
    expect(second).toBeGreaterThan(1.9);
    expect(second).toBeGreaterThan(some / few);
    expect(second).toBeGreaterThan(many / some);
  });

  it('gains less and less from further servers: the workers become the limit', () => {
    const gains = [2, 4, 8, 16].map((servers) => full(4, 2 * servers) / full(4, servers));
    expect(gains).toEqual(gains.toSorted((a, b) => b - a));
    expect(gains.at(-1)).toBeLessThan(1.1);
  });
});

it('a sampled softmax is many times faster, and its servers are not what limits it', () => {
  const sampled = (servers: number) => throughput('lstm-512-512-sampled', 4, servers);
  expect(sampled(1) / throughput('lstm-512-512', 4, 1)).toBeGreaterThan(8);
  expect(sampled(2) / sampled(1)).toBeLessThan(1.5);
});
