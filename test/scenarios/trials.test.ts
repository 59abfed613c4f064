import { describe, expect, it } from 'vitest';
import { meanEstimate, relativeHalfWidth } from '../../base/confidence.ts';
import { stream } from '../../base/random.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { TrainingExperiment } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import { repeatTrials, trialSeed } from '../../scenarios/trials.ts';

const SCENARIO = `
title: trials
seed: 5
cluster:
  workers: { cpu: xeon-e5-2699v3 }
  parameter_servers: { count: 1, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
noise: { compute: { sigma: 0.1 }, stragglers: { probability: 0.1, slowdown: 3 } }
trials: 1
experiments:
  - kind: training
    name: t
    model: { name: mnist-mlp, batch: 8 }
    workers: [1, 4]
    steps: 50
    strategies: [{ kind: sync }, { kind: async }]
`;

async function ask(...set: string[]): Promise<TrainingExperiment> {
  const scenario = parseScenario(SCENARIO, 'a.yaml', { set });
  return (await runScenario(scenario, { seed: scenario.seed })).training[0]!;
}

describe('trials of a training', () => {
  it('one tells its own error by batches of steps', async () => {
    const { trials, runs } = await ask();
    expect(trials).toBe(1);
    for (const { stepSeconds, speedUpInterval } of runs) {
      expect(stepSeconds.meanInterval).toMatchObject({ from: 'batches', count: 20, confidence: 0.95 });
      expect(stepSeconds.meanInterval!.halfWidth).toBeGreaterThan(0);
      expect(speedUpInterval).toBeNull();
    }
  });

  it('the first of several is the one that there would be alone; the others add steps', async () => {
    const [one, several] = [await ask(), await ask('trials=4')];
    expect(several.trials).toBe(4);
    expect(several.timeline).toEqual(one.timeline);
    expect(several.explanation).toEqual(one.explanation);
    for (const [i, run] of several.runs.entries()) {
      const { stepSeconds, speedUp, ...alone } = one.runs[i]!;
      expect(run).toMatchObject({
        simulatedSeconds: alone.simulatedSeconds,
        devices: alone.devices,
        links: alone.links,
        gradientsApplied: alone.gradientsApplied,
      });
      expect(run.stepSeconds.count).toBe(4 * stepSeconds.count);
      expect(run.stepSeconds.mean).not.toBe(stepSeconds.mean);
      expect(Math.abs(run.speedUp / speedUp - 1)).toBeLessThan(0.2);
      expect(run.stepSeconds.meanInterval).toMatchObject({ from: 'trials', count: 4 });
    }
    expect(await ask('trials=4')).toEqual(several);
  });

  it('share their luck: two strategies of one worker differ more surely than either is known', async () => {
    const { runs } = await ask('trials=6', 'experiments.t.workers=[1]');
    const [sync, async] = runs;
    // Against itself, there is no doubt at all.
    expect(sync!.speedUp).toBe(1);
    expect(sync!.speedUpInterval!.halfWidth).toBe(0);
    const own = async!.stepSeconds.meanInterval!.halfWidth / async!.stepSeconds.mean;
    expect(async!.speedUpInterval!.halfWidth / async!.speedUp).toBeLessThan(own / 3);
  });

  it('without luck there is one, and it is exact', async () => {
    const { trials, runs } = await ask('noise=', 'trials=10');
    expect(trials).toBe(1);
    const sync = runs.find(({ strategy, workers }) => strategy === 'sync' && workers === 4)!;
    expect(sync.stepSeconds.meanInterval!.halfWidth / sync.stepSeconds.mean).toBeLessThan(1e-9);
  });

  it('go on until every run is known as well as asked for', async () => {
    const { trials, runs } = await ask('trials={relative_error: 0.04, confidence: 0.9, at_most: 60}');
    expect(trials).toBeGreaterThanOrEqual(5);
    expect(trials).toBeLessThan(60);
    const errors = runs.map(({ stepSeconds: { mean, meanInterval } }) => meanInterval!.halfWidth / mean);
    expect(Math.max(...errors)).toBeLessThanOrEqual(0.04);
    expect(runs[0]!.stepSeconds.meanInterval!.confidence).toBe(0.9);
  });
});

it('an error that the limit does not allow is admitted', async () => {
  const set = ['trials={relative_error: 0.0001, at_most: 5}', 'experiments.t.steps=20'];
  const { answers } = await runScenario(parseScenario(SCENARIO, 'a.yaml', { set }), { seed: 5 });
  expect(answers[0]).toMatch(
    / samples\/s \(± [\d.]+ % at 95 % confidence, from 5 trials\), [\d.]+ \S+ an update;.* The error of 0\.01 % that was asked for is not reached in 5 trials: the step time of \w+ on \d workers? is known to ± [\d.]+ %\.$/,
  );
});

describe('when to stop', () => {
  const figure = (run: number, t: number) => 10 + run * stream(1, 'figure', run, t).normal();

  it('is at the first trial, from the fifth on, after which all runs are known well enough', () => {
    const choice = { relative_error: 0.05, confidence: 0.95, at_most: 1000 };
    const figures = repeatTrials(choice, (t) => [figure(1, t), figure(3, t)]);
    const error = (n: number) =>
      Math.max(...figures.map((of) => relativeHalfWidth(meanEstimate(of.slice(0, n), 0.95))));
    const trials = figures[0]!.length;
    expect(error(trials)).toBeLessThanOrEqual(0.05);
    for (let n = 5; n < trials; n++) expect(error(n)).toBeGreaterThan(0.05);
    // z² σ² / (0.05 · 10)² = 138 for the run of deviation 3.
    expect(trials).toBeGreaterThan(70);
    expect(trials).toBeLessThan(210);
  });

  it('is after five where nothing varies, and at the limit where it varies too much', () => {
    const choice = { relative_error: 0.001, confidence: 0.95, at_most: 12 };
    expect(repeatTrials(choice, () => [3])[0]).toHaveLength(5);
    expect(repeatTrials(choice, (t) => [figure(3, t)])[0]).toHaveLength(12);
    expect(repeatTrials(7, (t) => [t, -t])).toEqual([
      [0, 1, 2, 3, 4, 5, 6],
      [-0, -1, -2, -3, -4, -5, -6],
    ]);
  });

  it('seeds of trials differ; the first is the scenario’s', () => {
    expect(trialSeed(7, 0)).toBe(7);
    expect(new Set(Array.from({ length: 100 }, (_, t) => trialSeed(7, t))).size).toBe(100);
    expect(trialSeed(7, 1)).not.toBe(trialSeed(8, 1));
  });
});
