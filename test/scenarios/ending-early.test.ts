import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../scenarios/load.ts';
import type { TrainingExperiment } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import { stepTimes } from '../../scenarios/step-times.ts';

const SCENARIO = `
title: machines that nobody repairs
cluster:
  workers: { cpu: xeon-e5-2699v3 }
  parameter_servers: { count: 2, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
experiments:
  - kind: training
    name: t
    model: { name: mnist-mlp, batch: 8 }
    workers: [4]
    steps: 20
    strategies: [{ kind: sync }, { kind: async }]
`;

async function ask(...set: string[]): Promise<{ experiment: TrainingExperiment; answer: string }> {
  const scenario = parseScenario(SCENARIO, 'a.yaml', { set });
  const { training, answers } = await runScenario(scenario, { seed: scenario.seed });
  return { experiment: training[0]!, answer: answers.join(' ') };
}

describe('runs that end early', () => {
  it('are not what the fastest is compared with', async () => {
    const whole = await ask();
    const at = whole.experiment.runs[0]!.simulatedSeconds / 2;
    const { experiment, answer } = await ask(
      `failures.script=[{at: ${(at * 1e6).toFixed(0)} us, host: worker/3}]`,
    );
    const [sync, async] = experiment.runs;
    expect(sync!.stopped).toMatch(
      /^worker\/3 failed and is not repaired; .* in vain from \d+(\.\d+)? [mµ]?s on$/,
    );
    expect(async!.stopped).toBeNull();
    expect(answer).toContain('asynchronous on 4 workers trains fastest');
    expect(answer).not.toContain('as many workers reaches');
  });

  it('in some trials only, say so, and trials without a step to time do not count as steps of no time', async () => {
    const { experiment } = await ask('trials=12', 'failures.mtbf={host: 300 ms}');
    for (const { stopped, stepSeconds } of experiment.runs) {
      expect(stopped).toMatch(/^\d+ of 12 trials end early; in one, (worker|ps)\/.* failed/);
      expect(Number.parseInt(stopped!, 10)).toBeLessThan(12);
      expect(stepSeconds.count).toBeGreaterThan(0);
    }
  });

  it('leave the mean to the trials that have steps', () => {
    const [none, two, four] = [new Float64Array(), Float64Array.of(2, 2), Float64Array.of(4, 4)];
    const { mean, count, meanInterval } = stepTimes([none, two, four, none], 0.95);
    expect({ mean, count, trials: meanInterval!.count }).toEqual({ mean: 3, count: 4, trials: 2 });
    // Two means, 2 and 4: half-width t(0.975, 1) · √2 / √2.
    expect(meanInterval!.halfWidth).toBeCloseTo(12.7062, 4);
    expect(stepTimes([none, none], 0.95)).toMatchObject({ count: 0, mean: 0, meanInterval: null });
  });
});

describe('the measure of speed-ups', () => {
  it('one worker, runs on a topology that has no place for fewer hosts', async () => {
    const { experiment } = await ask(
      'cluster.topology={kind: torus, sizes: [3, 2]}',
      'experiments.t.steps=3',
    );
    expect(experiment.runs.map(({ speedUp }) => speedUp > 1)).toEqual([true, true]);
  });
});
