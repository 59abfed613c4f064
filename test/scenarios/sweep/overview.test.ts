import { describe, expect, it } from 'vitest';
import { renderSweep } from '../../../reports/sweep/page.ts';
import { parameterNames } from '../../../reports/sweep/parameter-names.ts';
import type { SweepFigures, SweepRow } from '../../../scenarios/sweep/job.ts';
import { overviewOf } from '../../../scenarios/sweep/overview.ts';

const HOSTILE = '</script><script>alert(1)</script>\u202e"\'<img src=x onerror=alert(1)>';

const HEADER = {
  format: 'stepcast sweep' as const,
  sweep: '0'.repeat(16),
  program: '0.0.0',
  results: 1,
  name: 'made-up',
  title: HOSTILE,
  parameters: ['cluster.network.bandwidth', 'variables.kind'],
  count: 6,
};

function row(index: number, values: readonly unknown[], rates: readonly (number | null)[]): SweepRow {
  const figures = rates.map(
    (samplesPerSecond, i): SweepFigures => ({
      experiment: 'cnn',
      kind: 'training',
      label: i === 0 ? 'sync' : HOSTILE,
      workers: 2,
      parameterServers: 1,
      batch: 8,
      stepSeconds: 0.1,
      stepSecondsP99: 0.2,
      samplesPerSecond,
      speedUp: 1,
      efficiency: 1,
      dollarsPerMillionSamples: null,
      joulesPerStep: null,
      outOfMemory: samplesPerSecond === 5,
      stopped: null,
    }),
  );
  return {
    sweep: HEADER.sweep,
    key: String(index).padStart(64, '0'),
    index,
    seed: 1,
    values: Object.fromEntries(HEADER.parameters.map((parameter, p) => [parameter, values[p]])),
    error: rates.length === 0 ? `${HOSTILE}\nand more` : null,
    figures,
  };
}

const ROWS = [
  row(0, ['10 Gb/s', 'a'], [100, 50]),
  row(1, ['500 Mb/s', 'a'], [20, 40]),
  row(2, ['10 Gb/s', HOSTILE], [300, 5]),
  row(3, ['500 Mb/s', HOSTILE], [null, 45]),
  row(4, ['1 Gb/s', 'a'], []),
  row(5, ['1 Gb/s', HOSTILE], []),
];

describe('the overview of a sweep', () => {
  const overview = overviewOf(HEADER, ROWS);
  const [experiment] = overview.experiments;

  it('says what each parameter does: means over the others, values in their order, the strongest first', () => {
    expect(experiment).toMatchObject({ name: 'cnn', runs: 7, outOfMemory: 1, stopped: 0 });
    const [bandwidth, kind] = experiment!.effects;
    expect(bandwidth!.values).toEqual(['500 Mb/s', '10 Gb/s']);
    expect(bandwidth!.numbers).toEqual([500e6 / 8, 10e9 / 8]);
    expect(bandwidth!.series[0]).toEqual({
      label: 'sync, 2 workers',
      mean: [20, 200],
      least: [20, 100],
      most: [20, 300],
      runs: [1, 2],
    });
    expect(bandwidth!.series[1]).toMatchObject({ mean: [42.5, 50], runs: [2, 1] });
    expect(kind).toMatchObject({ values: ['a', HOSTILE], numbers: null });
    expect(kind!.series[0]).toMatchObject({ mean: [60, 300] });
  });

  it('lists runs by speed, and failures by reason', () => {
    const found = experiment!.best.map(({ index, samplesPerSecond }) => [index, samplesPerSecond]);
    expect(found).toEqual([
      [2, 300],
      [0, 100],
      [0, 50],
      [3, 45],
      [1, 40],
      [1, 20],
    ]);
    expect(overview).toMatchObject({ points: 6, failed: 2 });
    expect(overview.reasons).toEqual([{ reason: HOSTILE, points: 2, index: 4 }]);
  });

  it('gathers neighbours where a parameter has many values', () => {
    const many = Array.from({ length: 100 }, (_, i) => row(i, [1 + ((37 * i) % 100), 'a'], [i + 10]));
    const [effect] = overviewOf(HEADER, many).experiments[0]!.effects;
    expect(effect!.values).toHaveLength(20);
    expect(effect!.values[0]).toBe('1 … 5');
    expect(effect!.numbers!.slice(0, 2)).toEqual([3, 8]);
    expect(effect!.series[0]!.runs).toEqual(Array(20).fill(5));
  });

  it('is one page, with everything in it, in which names are only text', () => {
    const page = renderSweep(overview, '');
    expect(page).toBe(renderSweep(overview, ''));
    expect(page).toContain('10 Gb/s gives 10× the samples/s of 500 Mb/s by sync, 2 workers');
    expect(page).toContain('cnn is fastest by sync, 2 workers with network.bandwidth = 10 Gb/s');
    expect(page).not.toContain('<script>alert');
    expect(page).not.toContain('<img');
    expect(page).not.toMatch(/(src|href)="(?!#|data:)/);
  });
});

describe('names of parameters', () => {
  it('say what they are of, and are distinct', () => {
    expect(
      parameterNames([
        'seed',
        'variables.servers',
        'noise.stragglers.probability',
        'experiments.a.model.batch',
        'experiments.b.model.batch',
      ]),
    ).toEqual(['seed', 'servers', 'stragglers.probability', 'a.model.batch', 'b.model.batch']);
  });
});
