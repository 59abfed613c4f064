import { describe, expect, it } from 'vitest';
import { quantile } from '../../base/statistics.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import type { Model } from '../../graph/zoo/model.ts';
import { runShared } from './shared-cluster.ts';

/*
 * Null steps (OSDI'16, section 6.2, figure 6): synchronous workers fetch parameters from 16 servers and send updates back.
 * Bandwidth follows from one dense point (1 GB, 1 worker), latency and time per message from the two scalar ones.
 */

const dense = MODELS['null-step']!;
const sparse = MODELS['null-step-sparse']!;

/** Median step in milliseconds. */
function step(model: Model, workers: number): number {
  const run = { kind: 'sync', model, batch: 1, workers, updates: 5, servers: 16, computesOn: 'CPU' } as const;
  return 1000 * quantile(runShared(run).intervals, 0.5);
}

const megabytes = (count: number): Model => dense.with({ elements: (count * 1e6) / 4 / 16 });
const CASES = { scalar: dense, 'dense, 100 MB': megabytes(100), 'dense, 1 GB': megabytes(1000) } as const;

describe('the published medians', () => {
  it.each([
    ['scalar', 1, 1.8, 0.1, 'calibrated'],
    ['scalar', 100, 8.8, 0.1, 'calibrated'],
    ['dense, 1 GB', 1, 1010, 0.05, 'calibrated'],
    ['dense, 1 GB', 100, 7160, 0.25, 'foretold'],
    ['dense, 100 MB', 100, 613, 0.25, 'foretold'],
  ] as const)(
    '%s, workers: %d, %d ms (within a share of %d, %s)',
    (name, workers, published, tolerance, _) => {
      expect(Math.abs(step(CASES[name], workers) / published - 1)).toBeLessThan(tolerance);
    },
    30_000,
  );

  it('that of 100 MB and one worker has 45 ms more than moving them and their messages take', () => {
    const simulated = step(megabytes(100), 1);
    expect(simulated).toBeGreaterThan(100);
    expect(147 - simulated).toBeGreaterThan(40);
    expect(147 - simulated).toBeLessThan(50);
  });
});

describe('sparse steps', () => {
  it.each([1, 25, 100])(
    'of %d workers take as long on 1 GB as on 16 GB',
    (workers) => {
      const [small, large] = [step(sparse, workers), step(sparse.with({ rows: 16 * 488_281 }), workers)];
      expect(Math.abs(large / small - 1)).toBeLessThan(0.05);
    },
    30_000,
  );

  it('take a small part of dense ones, with 1 worker and with 100', () => {
    for (const workers of [1, 100])
      expect(step(sparse, workers)).toBeLessThan(step(megabytes(100), workers) / 20);
  }, 30_000);
});
