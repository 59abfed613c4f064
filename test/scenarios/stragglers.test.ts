import { expect, test } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import type { TrainingRun } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';

async function runs(noise: string, workers: number, strategies: string): Promise<readonly TrainingRun[]> {
  const scenario = parseScenario(
    `
title: stragglers
cluster:
  workers: { cpu: xeon-e5-2699v3 }
  parameter_servers: { count: 1, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
noise: ${noise}
experiments:
  - { kind: training, name: t, model: { name: mnist-softmax, batch: 256 }, workers: [${workers}], steps: 40, strategies: [${strategies}] }
`,
    'test.yaml',
  );
  return (await runScenario(scenario, { seed: 3 })).training[0]!.runs;
}

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

test('machines that differ: the slowest is waited for, whatever the strategy', async () => {
  const all = await runs(
    '{ device_spread: 0.4 }',
    6,
    '{kind: sync}, {kind: all-reduce}, {kind: backup, backups: 1}, {kind: async}',
  );
  const [sync, ring, backup, free] = all.map(({ stragglers }) => stragglers!);
  expect(sum(sync!.lastShare!)).toBeCloseTo(1, 9);
  expect(sync!.lastShare![0]).toBeGreaterThan(0.9);
  const slowest = sync!.worker[0];
  expect(sync!.computeSeconds[0]).toBe(Math.max(...sync!.computeSeconds));
  // One machine is the slowest by far; the draw of machines is the same in all runs.
  expect(ring!.worker[0]).toBe(slowest);
  expect(ring!.stepSeconds).toBeNull();
  expect(ring!.lastShare![0]).toBe(1);
  // With a backup nobody waits for it: its gradients are dropped.
  const late = backup!.worker.indexOf(slowest!);
  expect(backup!.droppedShare![late]).toBe(Math.max(...backup!.droppedShare!));
  expect(backup!.droppedShare![late]).toBeGreaterThan(0.5);
  expect(backup!.worker[0]).not.toBe(slowest);
  expect(free!.lastShare).toBeNull();
  expect(free!.worker[0]).toBe(slowest);
});

test('where nothing tells workers apart nothing is told; of many the rest is one row', async () => {
  const strategies = '{kind: sync}, {kind: all-reduce}';
  for (const run of await runs('{}', 4, strategies)) expect(run.stragglers).toBeNull();
  const [many] = await runs('{ compute: { sigma: 0.2 } }', 64, '{kind: sync}');
  const { worker, lastShare, hasOthers, computeSeconds } = many!.stragglers!;
  expect(worker).toHaveLength(51);
  expect(worker.at(-1)).toBe('14 others');
  expect(hasOthers).toBe(true);
  expect(sum(lastShare!)).toBeCloseTo(1, 9);
  expect(lastShare!.slice(0, 50)).toEqual(lastShare!.slice(0, 50).toSorted((a, b) => b - a));
  expect(computeSeconds).toHaveLength(51);
});
