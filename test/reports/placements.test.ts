import { describe, expect, test } from 'vitest';
import type { BarsChart, Figure, LinesChart, StacksChart, StripsChart } from '../../reports/figure.ts';
import { figures, placementFigures } from '../../reports/figures.ts';
import { furtherPlacementFacts, placementFacts } from '../../reports/placement-facts.ts';
import { DRAWS } from '../../reports/sections/placement-robustness.ts';
import { placementNames } from '../../reports/sections/placement-runs.ts';
import { placements } from '../../reports/sections/placements.ts';
import { ROBUSTNESS_DRAWS } from '../../scenarios/placement-robustness.ts';
import type { OutOfMemory, PlacementExperiment, PlacementRun } from '../../scenarios/results.ts';
import { fixture, placementExperiment } from './fixture.ts';

const experiment = placementExperiment();
const all = placementFigures(experiment, 0);
const find = (figures: readonly Figure[], name: string): Figure | undefined =>
  figures.find(({ id }) => id === `placement-1-${name}`);
const bars = ({ chart }: Figure): BarsChart => chart as BarsChart;
/** Cells of a column by its header. */
const column = ({ tables }: Figure, header: string): readonly string[] =>
  tables.flatMap(({ columns }) => columns).find((one) => one.header === header)!.cells;

const outOfMemory: OutOfMemory = {
  device: 'd',
  model: 'm',
  node: null,
  seconds: 0,
  bytes: 1,
  usedBytes: 1,
  capacityBytes: 1,
  remedies: [],
};

/** Runs of so many placers, the first the slowest; each third is a search. */
function many(
  count: number,
  changes: (i: number) => Partial<PlacementRun> = () => ({}),
): PlacementExperiment {
  const [single, , annealing] = experiment.runs as [PlacementRun, PlacementRun, PlacementRun];
  const runs = Array.from({ length: count }, (_, i) => {
    const seconds = 0.5 - 0.01 * i;
    const base = i % 3 === 2 ? annealing : { ...single, outOfMemory: null, placer: 'heft' };
    return {
      ...base,
      placer: i === 0 ? 'single-device' : base.placer,
      label: i === 0 ? 'single-device' : `placer-${i}`,
      stepSeconds: seconds,
      score: seconds,
      ...changes(i),
    };
  });
  const best = runs.at(-1)!;
  const portfolio = {
    ...experiment.portfolio,
    label: best.label,
    stepSeconds: best.stepSeconds,
    score: best.score,
  };
  return { ...experiment, runs, portfolio };
}

describe('step times of placements', () => {
  const figure = find(all, 'step-time')!;

  test('bars carry the bound, which is the largest of all, and ranges where a placer has drawn', () => {
    const { bound, bars: drawn } = bars(figure);
    expect(bound).toEqual({
      value: 171,
      lines: ['171 ms: no placement can be faster', '(a bound, not a measurement)'],
    });
    expect(drawn.map(({ range }) => range?.map(Math.round))).toEqual([
      undefined,
      undefined,
      undefined,
      [236, 262],
      [221, 246],
    ]);
    expect(drawn.map(({ shown }) => shown)).toEqual([
      '221 ms',
      '412 ms',
      '365 ms',
      'median 243 ms',
      'median 228 ms',
    ]);
  });

  test('the best of all draws has a bar of its own where the draw in the middle is not it', () => {
    expect(figure.title).toBe(
      'Step time: 221 ms, 1.86× as fast as the best single device, by cross-entropy method over groups of nodes, draw 4 of 5',
    );
    const [portfolio, ...others] = bars(figure).bars;
    expect(portfolio).toMatchObject({
      name: 'Best of all draws: cross-entropy method over groups of nodes, draw 4 of 5',
      best: true,
    });
    expect(others.map(({ best }) => best)).toEqual([false, false, false, false]);

    const { stepSeconds, score } = experiment.runs[3]!;
    const median = { ...experiment, portfolio: { ...experiment.portfolio, stepSeconds, score } };
    const without = bars(placements(median, 'p')).bars;
    expect(without.map(({ best }) => best)).toEqual([false, false, false, true]);
    expect(without[3]!.name).toBe('cross-entropy method over groups of nodes: the best of all');
  });

  test('what does not fit is an outline, and the note says so', () => {
    expect(bars(figure).bars.map(({ hollow }) => hollow === true)).toEqual([
      false,
      true,
      false,
      false,
      false,
    ]);
    expect(figure.note).toContain(
      'Too large for memory: single device worker 0 · GPU 0; timed as if it fitted.',
    );
    const none = {
      ...experiment,
      runs: experiment.runs.map((run) => ({ ...run, outOfMemory })),
      portfolio: { ...experiment.portfolio, fits: false },
      cannotFit: 'all devices together have 1 GB',
    };
    const { title, note, chart } = placements(none, 'p');
    expect(title).toContain('no placement fits into memory');
    expect(note).toContain('No placement can fit into memory (all devices together have 1 GB)');
    expect((chart as BarsChart).bars).toHaveLength(4);
  });

  test('the table has draws, the distance to the bound, memory and samples that did not fit', () => {
    expect(column(figure, 'Step time (median draw)')).toEqual(['412 ms', '365 ms', '243 ms', '228 ms']);
    expect(column(figure, 'Draws')).toEqual(['1', '1', '5', '5']);
    expect(column(figure, 'Least – most')).toEqual(['–', '–', '236 ms – 262 ms', '221 ms – 246 ms']);
    expect(column(figure, 'Step time above the lower bound (a bound, not a measurement)')).toEqual([
      '141 %',
      '113 %',
      '42.1 %',
      '33.3 %',
    ]);
    expect(column(figure, 'of which did not fit')).toEqual(['0', '0', '41', '41']);
    expect(column(figure, 'Memory of the fullest device')[0]).toBe('83.4 %: does not fit');
  });

  test('all lower bounds are there with what they mean, and which is the largest', () => {
    const [names, meanings, seconds, shares] = figure.tables[1]!.columns.map(({ cells }) => cells);
    expect(names).toEqual([
      'critical path (the largest)',
      'critical path with communication',
      'area',
      'colocation',
      'head and tail',
    ]);
    expect(names).toHaveLength(Object.keys(experiment.bounds).length);
    expect(new Set(meanings).size).toBe(5);
    expect(seconds![0]).toBe('171 ms');
    expect(shares![0]).toBe('100 %');
  });

  test('more than six come best first, what does not fit last; bars much longer than the best are cut', () => {
    const few = many(6);
    expect(column(placements(few, 'p'), 'Placement')[0]).toBe('single-device');
    const crowd = many(24, (i) =>
      i === 20 ? { outOfMemory, score: 99 } : i === 1 ? { stepSeconds: 3, score: 3 } : {},
    );
    const figure = placements(crowd, 'p');
    const names = column(figure, 'Placement');
    expect(names.slice(0, 3)).toEqual(['placer-23', 'placer-22', 'placer-21']);
    expect(names.slice(-3)).toEqual(['single-device', 'placer-1', 'placer-20']);
    expect(bars(figure).longest).toBeCloseTo(1.2 * 500, 9);
    expect(figure.note).toContain('Bars with a gap');
    expect(bars(placements(few, 'p')).longest).toBeUndefined();
  });
});

describe('other objectives', () => {
  const by = (objective: string, score: (run: PlacementRun) => number): Figure =>
    placements(
      {
        ...experiment,
        objective,
        runs: experiment.runs.map((run) => ({ ...run, score: score(run) })),
        portfolio: { ...experiment.portfolio, score: score(experiment.runs[3]!) },
      },
      'p',
    );

  test('throughput: the time between pipelined steps, which chains of operations do not bound', () => {
    const figure = by('throughput', (run) => run.bottleneckSeconds);
    expect(figure.title).toMatch(/^Time between pipelined steps: 182 ms, by /);
    const chart = bars(figure);
    expect(chart.x.label).toBe('Time between pipelined steps (ms)');
    expect(chart.bound?.value).toBe(104);
    // The range of draws is one of step times.
    expect(chart.bars.every(({ range }) => range === undefined)).toBe(true);
    expect(column(figure, 'Time between pipelined steps')[3]).toBe('182 ms');
    expect(column(figure, 'Step time (median draw)')[3]).toBe('228 ms');
  });

  test('peak memory: a share, unbounded', () => {
    const figure = by('peak-memory', () => 0.25);
    expect(figure.title).toMatch(/^Memory of the fullest device: 25 %, by /);
    expect(bars(figure)).toMatchObject({ x: { label: 'Share of its memory (%)' }, bound: null });
    expect(bars(figure).bars[1]!.value).toBe(25);
  });

  test('cost: dollars of a million steps, unknown of what does not fit', () => {
    const figure = by('cost', () => 12.5e-6);
    expect(figure.title).toMatch(/^Cost of a million steps: 12\.50 \$, by /);
    expect(bars(figure).x.label).toBe('Cost of a million steps ($)');
    expect(column(figure, 'Cost of a million steps')[0]).toBe('does not fit');
  });

  test('key figures and the search say them too', () => {
    const cost = { ...experiment, objective: 'cost', portfolio: { ...experiment.portfolio, score: 2e-6 } };
    expect(placementFacts(cost)[0]!.detail).toMatch(/^cost of a million steps: 2\.00 \$; .* a step$/);
    expect(find(placementFigures(cost, 0), 'search')!.note).toContain(
      'Best cost of a million steps found so far',
    );
  });
});

describe('robustness', () => {
  const figure = find(all, 'robustness')!;

  test('draws as often as experiments do', () => {
    expect(DRAWS).toBe(ROBUSTNESS_DRAWS);
  });

  test('who is first under wrong costs, and at half the bandwidth', () => {
    expect(figure.title).toBe(
      "Operations' times off by up to 20 %: simulated annealing has the shortest step in 13 of 25 draws; at half the bandwidth cross-entropy method over groups of nodes has",
    );
    const { rows } = figure.chart as StripsChart;
    // The first one does not fit.
    expect(rows.map(({ name }) => name)).toEqual([
      'layer by layer, balanced by work',
      'simulated annealing',
      'cross-entropy method over groups of nodes',
    ]);
    const [low, high] = rows[2]!.middle;
    expect([low, rows[2]!.median, high].map(Math.round)).toEqual([219, 233, 249]);
    expect(column(figure, 'Placement')).toHaveLength(4);
    expect(column(figure, 'None faster in (% of draws)')).toEqual(['0 %', '0 %', '50 %', '50 %']);
  });

  test('is left out where nothing is known of it, and placements that are far behind only in the table', () => {
    const unknown = { ...experiment, runs: experiment.runs.map((run) => ({ ...run, robustness: null })) };
    expect(find(placementFigures(unknown, 0), 'robustness')).toBeUndefined();
    const crowd = many(9, (i) => (i === 1 ? { stepSeconds: 3, score: 3 } : {}));
    const figure = find(placementFigures(crowd, 0), 'robustness')!;
    expect((figure.chart as StripsChart).rows).toHaveLength(8);
    expect(column(figure, 'Placement')).toHaveLength(9);
  });
});

describe('with many placers', () => {
  const crowd = many(24, (i) =>
    i % 3 === 2 ? { label: `placer-${i}, 1000 evaluations`, placer: `placer-${i}` } : {},
  );
  const figures = placementFigures(crowd, 0);

  test('charts with a row per device or a line per search have the best six and the single device', () => {
    const rows = (find(figures, 'nodes')!.chart as StacksChart).panels[0]!.rows.map(({ name }) => name);
    expect(rows).toEqual(['placer-23', 'placer-22', 'placer-21', 'placer-20', 'placer-19', 'single-device']);
    expect((find(figures, 'devices')!.chart as StacksChart).panels.map(({ title }) => title)).toEqual(rows);
    expect((find(figures, 'search')!.chart as LinesChart).panels[0]!.series).toHaveLength(6);
    expect(column(find(figures, 'nodes')!, 'Placement')).toHaveLength(24);
    expect(new Set(column(find(figures, 'search')!, 'Placement')).size).toBe(8);
  });

  test('placers that try a few placements do not count as searches', () => {
    const few = many(4, () => ({ evaluations: 9 }));
    expect(find(placementFigures(few, 0), 'search')).toBeUndefined();
  });

  test('evaluations stand in names only where they tell runs apart', () => {
    const [run] = experiment.runs;
    const runs = ['annealing, 10 evaluations', 'annealing, 20 evaluations', 'genetic, 10 evaluations'].map(
      (label) => ({ ...run!, label }),
    );
    expect(runs.map(placementNames(runs))).toEqual([
      'annealing, 10 evaluations',
      'annealing, 20 evaluations',
      'genetic',
    ]);
  });
});

test('facts are those of the best of all draws: choice, gain, how sure, limit', () => {
  const [choice, gain, sure, limit] = placementFacts(experiment);
  expect(choice).toMatchObject({ name: 'Choice', detail: '221 ms a step' });
  expect(gain).toMatchObject({ name: 'Gain', value: '1.86×' });
  expect(gain!.detail).toContain('29.2 % above');
  expect([sure!.name, limit!.name]).toEqual(['How sure', 'Limit']);
  expect(furtherPlacementFacts(experiment).map(({ value }) => value)).toEqual(['50 %']);
  expect(placementFacts({ ...experiment, runs: [] })).toEqual([]);
});

test('an experiment without runs has its bounds', () => {
  const figure = find(placementFigures({ ...experiment, runs: [] }, 0), 'step-time')!;
  expect(figure.title).toBe('Step time per placement');
  expect(figures(fixture()).filter(({ id }) => id.startsWith('placement-'))).toHaveLength(all.length);
});
