import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import { runScenario } from '../../scenarios/run.ts';

/** What is advised where a pipeline of two K40s runs out of memory. */
async function advised(model: string, microBatches: number): Promise<readonly string[]> {
  const scenario = parseScenario(
    `
title: does it fit?
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40 }
  network: { link: eth-10g }
experiments:
  - kind: training
    name: a
    model: ${model}
    workers: [2]
    steps: 2
    strategies: [{ kind: pipeline, stages: 2, micro_batches: ${microBatches} }]
`,
    'a.yaml',
  );
  const { training } = await runScenario(scenario, { seed: 1 });
  return training[0]!.runs[0]!.outOfMemory!.remedies;
}

describe('a smaller batch that would fit', () => {
  it('is one that micro-batches divide', async () => {
    const [remedy, ...others] = await advised('{ name: vgg-16, batch: 3000 }', 3);
    expect(others).toEqual([]);
    const [, samples] = /^(\d+) samples per step would fit$/.exec(remedy!)!;
    expect(Number(samples) % 3).toBe(0);
  });

  it('is not named where there is none', async () => {
    expect(await advised('{ name: gpt2-xl, batch: 96 }', 6)).toEqual([
      'no smaller batch that can be divided so fits: choose a device with more memory',
    ]);
  });
});
