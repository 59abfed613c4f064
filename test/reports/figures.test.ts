import { describe, expect, test } from 'vitest';
import { barAt, firstAfter, laneBars } from '../../reports/client/timeline-bars.ts';
import type { ChoiceChart, Figure, LinesChart, StacksChart } from '../../reports/figure.ts';
import { figures, trainingFigures } from '../../reports/figures.ts';
import { runGroups } from '../../reports/run-groups.ts';
import { race, winner } from '../../reports/sections/race.ts';
import { timeUnit } from '../../reports/time-unit.ts';
import { furtherFacts, trainingFacts } from '../../reports/training-facts.ts';
import type { Learning, Timeline, TrainingRun } from '../../scenarios/results.ts';
import { fixture, timeline, trainingExperiment } from './fixture.ts';

const all = figures(fixture());
const find = (id: string): Figure => all.find((figure) => figure.id === id)!;

/** Of a figure whose curves can be seen by time or by samples. */
const byTime = ({ chart }: Figure): LinesChart => (chart as ChoiceChart).options[0]!.chart;
const bySamples = ({ chart }: Figure): LinesChart => (chart as ChoiceChart).options[1]!.chart;

describe('every figure', () => {
  test.each(all.map((figure) => [figure.id, figure] as const))('%s is complete', (_, figure) => {
    expect(figure.title).not.toBe('');
    expect(figure.title).not.toMatch(/NaN|undefined|null|Infinity/);
    expect(figure.tables.length).toBeGreaterThan(0);
    for (const table of figure.tables) {
      expect(table.caption).not.toBe('');
      const rows = table.columns[0]!.cells.length;
      for (const column of table.columns) {
        expect(column.header).not.toBe('');
        expect(column.cells.length).toBe(rows);
        expect(column.titles?.length ?? rows).toBe(rows);
        for (const cell of column.cells) expect(cell).not.toMatch(/NaN|undefined|null/);
      }
    }
  });

  test('has an id of its own', () => {
    expect(new Set(all.map((figure) => figure.id)).size).toBe(all.length);
  });
});

describe('training', () => {
  test('speed-up: a line per strategy and the ideal through (1, 1) and (8, 8)', () => {
    const chart = find('training-1-speed-up').chart as LinesChart;
    expect(chart.panels[0]!.series.map((series) => [series.name, series.x])).toEqual([
      ['synchronous', [1, 2, 4, 8]],
      ['synchronous, 1 backup', [2, 4, 8]],
      ['asynchronous', [1, 2, 4, 8]],
    ]);
    expect(chart.panels[0]!.series[0]!.y[0]).toBe(1);
    expect(chart.reference).toMatchObject({ from: [1, 1], to: [8, 8] });
    expect(chart.x.scale).toBe('linear');
  });

  test('many workers get logarithmic axes', () => {
    const base = trainingExperiment(false);
    const runs = [...base.runs, { ...base.runs[0]!, workers: 50 }];
    const chart = trainingFigures({ ...base, runs }, 0)[0]!.chart as LinesChart;
    expect([chart.x.scale, chart.y.scale]).toEqual(['log', 'log']);
  });

  test('runs that differ in their strategies only are bars beside the ideal, once', () => {
    const base = trainingExperiment(false);
    const runs = base.runs.filter(({ workers }) => workers === 8);
    const figures = trainingFigures({ ...base, runs }, 0);
    // One place on an axis is no line: figures of scaling are a table beneath the bars.
    expect(figures[1]).toMatchObject({ id: 'training-1-speed-up', chart: null });
    const chart = figures[0]!.chart!;
    const bars = chart.kind === 'bars' ? chart.bars : [];
    expect(bars.map(({ name, shown, best }) => [name, shown, best])).toEqual([
      ['asynchronous · 8 workers', '6.43×', true],
      ['synchronous, 1 backup · 8 workers', '5.46×', false],
      ['synchronous · 8 workers', '5.06×', false],
    ]);
    expect(chart.kind === 'bars' && chart.bound).toEqual({ value: 8, lines: ['8×: the ideal'] });
    expect(chart.kind === 'bars' && chart.baseline!.value).toBe(1);
    // Were its busiest device never without work: at least as fast as it is.
    for (const { value, reach } of bars) expect(reach).toBeGreaterThanOrEqual(value);
    expect(figures.map(({ id }) => id)).not.toContain('training-1-efficiency');
  });

  test('loss: a panel per number of workers, colours as in the speed-up chart', () => {
    const loss = byTime(find('training-1-loss'));
    const speedUp = find('training-1-speed-up').chart as LinesChart;
    expect(loss.panels.map((panel) => panel.title)).toEqual([
      '1 worker',
      '2 workers',
      '4 workers',
      '8 workers',
    ]);
    expect(loss.panels[3]!.series.map(({ name, tone }) => [name, tone])).toEqual(
      speedUp.panels[0]!.series.map(({ name, tone }) => [name, tone]),
    );
  });

  test('loss by samples: the same curves over what each run had used by then', () => {
    const [time, samples] = [byTime(find('training-1-loss')), bySamples(find('training-1-loss'))];
    const run = trainingExperiment(true).runs[3]!;
    const [byNow, bySample] = [time, samples].map(({ panels }) => panels[3]!.series[0]!);
    expect(bySample!.y.slice(-40)).toEqual(byNow!.y.slice(-40));
    // On a logarithmic axis the evaluation before the first update has no place.
    expect([time.x.scale, samples.x.scale]).toEqual(['linear', 'log']);
    expect(bySample!.x).toEqual(run.learning!.samples.slice(1));
    expect(byNow!.x).toHaveLength(run.learning!.samples.length);
    // The target is a line across: of the loss here, and not of the accuracy.
    expect(samples.reference!.from[1]).toBe(trainingExperiment(true).runs[0]!.learning!.target.value);
    expect(byTime(find('training-1-accuracy')).reference).toBeNull();
  });

  test('a race to an accuracy is told with the accuracies', () => {
    const base = trainingExperiment(true);
    const runs = base.runs.map((run, i) => ({
      ...run,
      learning: run.learning && {
        ...run.learning,
        target: { measure: 'accuracy' as const, value: 0.9 },
        secondsToTarget: i === 5 ? 12 : null,
        samplesToTarget: i === 5 ? 3400 : null,
      },
    }));
    const figures = trainingFigures({ ...base, runs }, 0);
    const accuracy = figures.find(({ id }) => id === 'training-1-accuracy')!;
    expect(accuracy.title).toBe(
      'Held-out accuracy: 90 % is first reached after 12 s, by synchronous, 1 backup · 4 workers',
    );
    // 90 % stands where 99 % does, seen from 99.9 %.
    const { y, reference } = byTime(accuracy);
    expect([y.format(10), y.format(100), y.format(1)]).toEqual(['90 %', '99 %', '0 %']);
    expect(reference!.from[1]).toBeCloseTo(10, 12);
    const column = (header: string) => accuracy.tables[0]!.columns.find((c) => c.header.startsWith(header))!;
    expect(column('Samples until then').cells.slice(4, 7)).toEqual(['not reached', '3400', 'not reached']);
    expect(figures.find(({ id }) => id === 'training-1-loss')!.title).toMatch(
      /^Held-out loss: 0\.\d+ at best$/,
    );
    // The choice is what is first there, not what takes the most samples.
    expect(trainingFacts({ ...base, runs })[0]).toEqual({
      name: 'Choice',
      value: 'Synchronous, 1 backup · 4 workers',
      detail: 'first to an accuracy of 90 %, after 12 s',
    });
    expect(furtherFacts({ ...base, runs })[0]).toMatchObject({ value: '12 s' });
  });

  test('servers: on the axis where they vary most, else a panel for each of their numbers', () => {
    const base = trainingExperiment(false);
    const run = (label: string, workers: number, parameterServers: number): TrainingRun => {
      const strategy = label === 'all-reduce' ? 'all-reduce' : 'async';
      return {
        ...base.runs[0]!,
        strategy,
        label,
        workers,
        parameterServers,
        speedUp: workers + parameterServers,
      };
    };
    const servers = [1, 2, 4].flatMap((count) => [
      run('asynchronous', 8, count),
      run('asynchronous', 4, count),
    ]);
    const [speedUp] = trainingFigures({ ...base, runs: [...servers, run('all-reduce', 8, 0)] }, 0);
    const chart = speedUp!.chart as LinesChart;
    expect(chart.x.label).toBe('Parameter servers (count)');
    expect(chart.reference).toBeNull();
    expect(
      chart.panels.map(({ title, series }) => [title, series.map(({ name, x, y }) => [name, x, y])]),
    ).toEqual([
      ['4 workers', [['asynchronous', [1, 2, 4], [5, 6, 8]]]],
      [
        '8 workers',
        [
          ['asynchronous', [1, 2, 4], [9, 10, 12]],
          ['all-reduce', [1, 2, 4], [8, 8, 8]],
        ],
      ],
    ]);
    expect(speedUp!.title).toMatch(/by asynchronous · \d workers · \d servers?$/);
    const workers = [1, 2, 4].flatMap((count) => [
      run('asynchronous', count, 1),
      run('asynchronous', count, 2),
    ]);
    const byWorkers = trainingFigures({ ...base, runs: workers }, 0)[0]!.chart as LinesChart;
    expect(byWorkers.x.label).toBe('Workers (count)');
    expect(byWorkers.panels.map(({ title }) => title)).toEqual(['1 server', '2 servers']);
    expect(byWorkers.panels[1]!.series[0]!.y).toEqual([3, 4, 6]);
  });

  test.each([
    ['on top of the workers', true],
    ['among the workers', false],
  ])('backup workers %s: their number on the axis, one line', (_, extra) => {
    const base = trainingExperiment(false);
    const runs = [2, 0, 1, 4].map(
      (backups): TrainingRun => ({
        ...base.runs[0]!,
        strategy: backups === 0 ? 'sync' : 'backup',
        label: `${backups} backups`,
        options: backups === 0 ? {} : { backups, extra },
        workers: extra ? 50 + backups : 50,
        samplesPerUpdate: 32 * (extra ? 50 : 50 - backups),
        speedUp: 10 + backups,
      }),
    );
    const chart = trainingFigures({ ...base, runs }, 0)[0]!.chart as LinesChart;
    expect(chart.x.label).toBe('Backup workers (count)');
    expect(chart.panels[0]!.series.map(({ name, x, y }) => [name, x, y])).toEqual([
      ['synchronous', [0, 1, 2, 4], [10, 11, 12, 14]],
    ]);
  });

  test('staleness: a line per stale run; its shares sum to 1; drops tell whose they were', () => {
    const figure = find('training-1-staleness');
    expect(figure.title).toBe('Staleness: 7 updates on average at most, by asynchronous · 8 workers');
    const { panels } = figure.chart as LinesChart;
    expect(panels.map(({ title, series }) => [title, series.map(({ name }) => name)])).toEqual(
      ['2 workers', '4 workers', '8 workers'].map((title) => [title, ['asynchronous']]),
    );
    for (const { series } of panels) expect(series[0]!.y.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(figure.tables[1]!.columns.map(({ header }) => header)).toEqual([
      'Run',
      '0',
      '1',
      '2 to 3',
      '4 to 7',
      '8 to 15',
    ]);
    expect(find('training-1-dropped').tables[0]!.columns[0]!.cells).toEqual(
      [2, 4, 8].map((workers) => `synchronous, 1 backup · ${workers} workers`),
    );
    const fresh = trainingExperiment(true).runs.filter(({ strategy }) => strategy === 'sync');
    const ids = trainingFigures({ ...trainingExperiment(true), runs: fresh }, 0).map(({ id }) => id);
    expect(ids).not.toContain('training-1-staleness');
    expect(ids).not.toContain('training-1-dropped');
  });

  test('without numbers there is no loss', () => {
    expect(all.some((figure) => figure.id === 'training-2-loss')).toBe(false);
  });

  test('a diverged loss (null in JSON) is said, and not drawn', () => {
    const base = trainingExperiment(true);
    const learning: Learning = {
      target: { measure: 'loss', value: 0.7 },
      secondsToTarget: null,
      samplesToTarget: null,
      updates: [0, 1, 2],
      samples: [0, 32, 64],
      seconds: [10, 20, 30],
      heldOutLoss: [2.3, null as unknown as number, null as unknown as number],
      heldOutAccuracy: [0.1, 0.1, 0.1],
    };
    const runs = [...base.runs.slice(0, 4), { ...base.runs[7]!, learning }];
    const loss = trainingFigures({ ...base, runs }, 0).find((figure) => figure.id === 'training-1-loss')!;
    expect(loss.tables[0]!.columns.map((column) => column.cells.at(-1))).toContain('diverged');
    const chart = byTime(loss);
    expect(chart.panels[0]!.series.at(-1)!.y).toEqual([2.3]);
  });

  test('the race is won by the first run at the target', () => {
    const target = { measure: 'accuracy', value: 0.97 };
    const run = (secondsToTarget: number | null) => ({ learning: { target, secondsToTarget } }) as never;
    expect(race([run(20), run(10), run(null)])).toEqual({ target, seconds: [20, 10, undefined] });
    expect(winner(race([run(20), run(10), run(null)])!)).toBe(1);
    expect(winner(race([run(null)])!)).toBeUndefined();
    expect(race([])).toBeUndefined();
  });

  test('a race that nobody finishes is said to be one', () => {
    const base = trainingExperiment(true);
    const runs = base.runs.map((run) => ({
      ...run,
      learning: run.learning && { ...run.learning, secondsToTarget: null },
    }));
    const figures = trainingFigures({ ...base, runs }, 0);
    expect(figures.find(({ id }) => id === 'training-1-loss')!.title).toMatch(
      /^Held-out loss: no run reaches/,
    );
  });

  test('strategies with several runs per number of workers become a line per label', () => {
    const [one] = trainingExperiment(false).runs;
    const run = (label: string, workers: number): TrainingRun => ({
      ...one!,
      strategy: 'backup',
      label,
      workers,
    });
    const groups = runGroups([run('1 backup', 4), run('2 backups', 4), run('1 backup', 8)]);
    expect(groups.map(({ name, tone, runs }) => [name, tone, runs.length])).toEqual([
      ['1 backup', 1, 2],
      ['2 backups', 3, 1],
    ]);
  });

  test('shares of every drawn device sum to 1; idle devices are only in the table', () => {
    const figure = find('training-1-devices');
    const chart = figure.chart as StacksChart;
    expect(chart.panels.map((panel) => panel.rows.length)).toEqual([10, 10, 10]);
    for (const panel of chart.panels)
      for (const row of panel.rows) expect(row.shares.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    // So do the percentages of the table, as they are printed.
    const [compute, communication, waiting] = figure.tables[0]!.columns.slice(3);
    for (const [row, share] of compute!.cells.entries()) {
      const printed = [share, communication!.cells[row]!, waiting!.cells[row]!].map(Number.parseFloat);
      expect(printed.reduce((a, b) => a + b)).toBeCloseTo(100, 9);
    }
    // 11 runs; each has a GPU and a CPU per worker, and 2 servers: 2 · (15 + 14 + 15) + 22.
    expect(figure.tables[0]!.columns[0]!.cells.length).toBe(110);
  });

  test('many devices are shown as means per job', () => {
    const base = trainingExperiment(false);
    const [run] = base.runs;
    const worker = run!.devices[0]!;
    const devices = Array.from({ length: 30 }, (_, i) => ({
      ...worker,
      device: `/job:worker/task:${i}/device:GPU:0`,
    }));
    const figure = trainingFigures({ ...base, runs: [{ ...run!, devices }] }, 0).find((f) =>
      f.id.endsWith('devices'),
    )!;
    const [row, ...others] = (figure.chart as StacksChart).panels[0]!.rows;
    expect(others).toEqual([]);
    expect(row!.name).toBe('worker GPU: mean of 30');
    expect(row!.shares[0]).toBeCloseTo(worker.compute, 12);
  });

  test('an experiment with nothing but skipped runs still reports them', () => {
    const base = trainingExperiment(false);
    expect(trainingFigures({ ...base, runs: [] }, 0).map((figure) => figure.id)).toEqual([
      'training-1-skipped',
    ]);
    expect(trainingFacts({ ...base, runs: [] })).toEqual([]);
    expect(furtherFacts({ ...base, runs: [] })).toEqual([]);
  });
});

describe('timeline', () => {
  const bars: Timeline = {
    title: '',
    lanes: [
      { name: 'a', kind: 'compute' },
      { name: 'empty', kind: 'compute' },
      { name: 'b', kind: 'transfer' },
    ],
    labels: ['x'],
    lane: [0, 2, 0],
    label: [0, 0, 0],
    start: [5, 1, 2],
    end: [7, 9, 3],
    bytes: [0, 8, 0],
    critical: { lane: [], start: [], end: [] },
  };

  test('bars by lane in order of time; empty lanes are left out', () => {
    const { lanes, bars: lists, from, to } = laneBars(bars);
    expect(lanes).toEqual([0, 2]);
    expect(lists.map((list) => [...list])).toEqual([[2, 0], [1]]);
    expect([from, to]).toEqual([1, 9]);
  });

  test('the bar at a time, or the nearest within reach', () => {
    const list = laneBars(bars).bars[0]!;
    expect(firstAfter(list, bars.end, 3)).toBe(1);
    expect(barAt(list, bars, 2.5, 0)).toBe(0);
    expect(barAt(list, bars, 3.4, 0.5)).toBe(0);
    expect(barAt(list, bars, 4.6, 0.5)).toBe(1);
    expect(barAt(list, bars, 4, 0.5)).toBe(-1);
  });

  test('table of lanes: bars, busy time, bytes', () => {
    const table = find('training-1-timeline').tables[0]!;
    const data = timeline(4, 40, 12);
    expect(table.columns[0]!.cells).toContain('worker 0 · GPU 0');
    const counted = table.columns[2]!.cells.reduce((sum, cell) => sum + Number(cell), 0);
    expect(counted).toBe(data.start.length);
  });
});

test('units of axes', () => {
  const units = [3e-9, 5e-6, 0.412, 1.9, 50, 300, 9000].map((seconds) => timeUnit(seconds).name);
  expect(units).toEqual(['ns', 'µs', 'ms', 's', 's', 'min', 'h']);
});
