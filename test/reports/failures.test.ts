import { describe, expect, test } from 'vitest';
import { failures } from '../../reports/sections/failures.ts';
import { lossCosts } from '../../reports/sections/loss-costs.ts';
import type { Goodput, LossCost, TrainingExperiment } from '../../scenarios/results.ts';
import { trainingExperiment } from './fixture.ts';

const goodput: Goodput = {
  useful: 0.8,
  checkpoints: 0.05,
  undone: 0.06,
  down: 0.08,
  waiting: 0.01,
  interval: { halfWidth: 0.04, confidence: 0.95, from: 'trials', count: 5 },
  checkpointing: {
    periodSeconds: 600,
    optimalSeconds: 840,
    betweenFailuresSeconds: 11_000,
    expected: 0.81,
    expectedAtOptimum: 0.82,
  },
};

const cost = (more: Partial<LossCost>): LossCost => ({
  lost: 'worker',
  hosts: 1,
  outcome: 'continues',
  speed: 0.75,
  downSeconds: 840,
  seconds: 210,
  ...more,
});

/** Two runs of the fixture on 8 workers, one of which keeps more of its time. */
function failing(): TrainingExperiment {
  const experiment = trainingExperiment(false);
  const [sync, backup] = ['sync', 'backup'].map(
    (kind) => experiment.runs.find(({ strategy, workers }) => strategy === kind && workers === 8)!,
  );
  const server = cost({ lost: 'server', outcome: 'restarts', speed: 0, downSeconds: 900, seconds: null });
  return {
    ...experiment,
    trials: 5,
    runs: [
      {
        ...sync!,
        losses: { failures: 3, restarts: 1, updatesLost: 20 },
        goodput,
        lossCosts: [cost({ outcome: 'waits', speed: 0, seconds: 845 }), server],
      },
      {
        ...backup!,
        goodput: { ...goodput, useful: 0.9, waiting: 0, down: 0, undone: 0.05, checkpointing: null },
        lossCosts: [cost({}), server],
      },
    ],
  };
}

const cellsOf = (figure: ReturnType<typeof failures>, table: number) =>
  figure!.tables[table]!.columns.map(({ header, cells }) => [header, ...cells]);

describe('failures', () => {
  test('nothing is shown where nothing fails nor is saved', () => {
    expect(failures(trainingExperiment(true), 'f')).toBeUndefined();
  });

  test('the title compares goodputs; the chart stacks parts that sum to 1', () => {
    const figure = failures(failing(), 'f')!;
    expect(figure.title).toBe(
      'Goodput: synchronous, 1 backup · 8 workers keeps 90 % of its time, synchronous · 8 workers 80 %',
    );
    expect(figure.note).toContain('means over trials');
    const { chart } = figure;
    if (chart?.kind !== 'stacks') throw new Error('no stacks');
    expect(chart.parts.map(({ name }) => name)).toEqual([
      'progress that lasts',
      'checkpoints',
      'work undone',
      'down',
      'waiting for lost machines',
    ]);
    for (const { shares } of chart.panels[0]!.rows)
      expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
  });

  test('tables say what failed, where the time went, and how often to save', () => {
    const figure = failures(failing(), 'f');
    expect(cellsOf(figure, 0).slice(1, 4)).toEqual([
      ['Failures', '3', '0'],
      ['with loss of variables', '1', '0'],
      ['Updates lost', '20', '0'],
    ]);
    expect(cellsOf(figure, 1).slice(1)).toEqual([
      ['Goodput (%)', '80 %', '90 %'],
      ['Error', '± 5 %', '± 4.44 %'],
      ['Checkpoints (%)', '5 %', '5 %'],
      ['Work undone (%)', '6 %', '5 %'],
      ['Down (%)', '8 %', '0 %'],
      ['Waiting for lost machines (%)', '1 %', '0 %'],
    ]);
    expect(cellsOf(figure, 2)).toEqual([
      ['Run', 'synchronous · 8 workers'],
      ['Variables are lost every', '3.06 h'],
      ['A checkpoint every', '10 min'],
      ['Expected goodput (%)', '81 %'],
      ['Best every', '14 min'],
      ['Expected then (%)', '82 %'],
    ]);
  });

  test('what one loss costs stands by itself', () => {
    expect(lossCosts(trainingExperiment(true), 'l')).toBeUndefined();
    const figure = lossCosts(failing(), 'l');
    expect(figure!.chart).toBeNull();
    expect(figure!.title).toBe(
      "One lost worker's host costs synchronous, 1 backup · 8 workers 3.5 min, synchronous · 8 workers 14.1 min",
    );
    expect(cellsOf(figure, 0).slice(1)).toEqual([
      ["One loss of a worker's host", 'all wait', 'the others go on, 75 % as fast as before'],
      ['costs', '14.1 min', '3.5 min'],
      ['One loss of a parameter server', 'all go back to the checkpoint', 'all go back to the checkpoint'],
      ['costs', 'all so far', 'all so far'],
    ]);
  });
});
