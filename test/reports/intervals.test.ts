import { describe, expect, it } from 'vitest';
import { error, intervalsInWords, meanError } from '../../reports/intervals.ts';
import { placementFacts } from '../../reports/placement-facts.ts';
import { fastest } from '../../reports/runs.ts';
import { whatIf } from '../../reports/sections/explanation.ts';
import { failures } from '../../reports/sections/failures.ts';
import { fastestPlacement, placementNames } from '../../reports/sections/placement-runs.ts';
import { placements } from '../../reports/sections/placements.ts';
import { efficiency, speedUp } from '../../reports/sections/scaling.ts';
import { stepTimes } from '../../reports/sections/steps.ts';
import { trainingFacts } from '../../reports/training-facts.ts';
import type { OutOfMemory, TrainingExperiment, TrainingRun } from '../../scenarios/results.ts';
import { fixture, trainingExperiment } from './fixture.ts';

const experiment = trainingExperiment(false);
const withRuns = (change: (run: TrainingRun, i: number) => Partial<TrainingRun>): TrainingExperiment => ({
  ...experiment,
  runs: experiment.runs.map((run, i) => ({ ...run, ...change(run, i) })),
});

function cells(figure: ReturnType<typeof stepTimes>, header: string): readonly string[] | undefined {
  return figure.tables[0]!.columns.find((column) => column.header === header)?.cells;
}

describe('errors of means', () => {
  const interval = { halfWidth: 0.5, confidence: 0.95, from: 'trials', count: 4 } as const;

  it('are shares of the mean', () => {
    expect(error(20, interval)).toBe('± 2.5 %');
    expect(error(20, { ...interval, halfWidth: 1e-12 })).toBe('exact');
    expect(error(20, null)).toBe('–');
    expect(meanError(experiment.runs[0]!.stepSeconds)).toBe('± 0.4 %');
  });

  it('stand beside step times and speed-ups, with where they come from', () => {
    const steps = stepTimes(experiment, 'steps');
    // In the fixture: 0.4 % per worker.
    expect(cells(steps, 'its error')).toEqual(
      experiment.runs.map(({ workers }) => `± ${Number((0.4 * workers).toPrecision(3))} %`),
    );
    expect(steps.note).toContain('half the 95 % confidence interval, from 6 independent trials');
    expect(cells(speedUp(experiment, 'speed-up')!, 'its error')).toEqual(
      experiment.runs.map(() => '± 0.6 %'),
    );
  });

  it('of one trial come from batches, or from nowhere', () => {
    const batches = withRuns(({ stepSeconds }) => ({
      stepSeconds: { ...stepSeconds, meanInterval: { ...interval, from: 'batches', count: 20 } },
      speedUpInterval: null,
    }));
    expect(intervalsInWords({ ...batches, trials: 1 })).toContain('from 20 batches of consecutive steps');
    expect(cells(speedUp({ ...batches, trials: 1 }, 'speed-up')!, 'its error')).toBeUndefined();
    const short = withRuns(({ stepSeconds }) => ({ stepSeconds: { ...stepSeconds, meanInterval: null } }));
    expect(intervalsInWords({ ...short, trials: 1 })).toBe(
      'Too few steps to say how well the mean is known.',
    );
    expect(cells(stepTimes(short, 'steps'), 'its error')).toEqual(short.runs.map(() => '–'));
  });
});

describe('failures', () => {
  it('have a table where there were any, and none where there were none', () => {
    expect(failures(experiment, 'failures')).toBeUndefined();
    const failing = withRuns((_, i) => ({
      losses:
        i === 1
          ? { failures: 3, restarts: 1, updatesLost: 40 }
          : { failures: 0, restarts: 0, updatesLost: 0 },
      stopped: i === 2 ? 'worker/1 failed at 3 s\u202e and is not repaired' : null,
    }));
    const figure = failures(failing, 'failures')!;
    expect(figure.title).toBe(`Failures: up to 3 in a run; 1 of ${failing.runs.length} runs ends early`);
    expect(cells(figure, 'Failures')!.slice(0, 3)).toEqual(['0', '3', '0']);
    expect(cells(figure, 'Updates lost')![1]).toBe('40');
    expect(cells(figure, 'Ended early because')!.slice(1, 3)).toEqual([
      '',
      'worker/1 failed at 3 s\ufffd and is not repaired',
    ]);
  });

  it('of a run that ends early do not make it the fastest', () => {
    const best = experiment.runs.reduce((a, b) => (b.samplesPerSecond > a.samplesPerSecond ? b : a));
    const failing = withRuns((run) => ({
      stopped: run.label === best.label && run.workers === best.workers ? 'it died' : null,
    }));
    expect(speedUp(experiment, 's')!.title).toContain(best.label);
    expect(speedUp(failing, 's')!.title).not.toBe(speedUp(experiment, 's')!.title);
  });

  it('before there was a step to time leave no figures, not ones of 0', () => {
    const none = { count: 0, mean: 0, p50: 0, p90: 0, p99: 0, max: 0, meanInterval: null };
    const dead = withRuns(() => ({
      stepSeconds: none,
      samplesPerSecond: 0,
      speedUp: 0,
      efficiency: 0,
      stopped: 'it died',
    }));
    expect(trainingFacts(dead)).toEqual([]);
    expect(speedUp(dead, 's')).toBeUndefined();
    expect(efficiency(dead, 'e')).toBeUndefined();
    const steps = stepTimes(dead, 'steps');
    expect(steps.title).toBe('Step time');
    for (const header of ['Mean', 'p50', 'p90', 'p99', 'Longest', 'p99 / p50'])
      expect(cells(steps, header)).toEqual(dead.runs.map(() => '–'));
    // One dead run beside others is in tables only.
    const one = withRuns((_, i) => (i === 0 ? { stepSeconds: none, stopped: 'it died' } : {}));
    expect(cells(speedUp(one, 's')!, 'Speed-up')!.map((cell) => cell === '–')).toEqual(
      one.runs.map((_, i) => i === 0),
    );
    expect(speedUp(one, 's')!.note).toContain('Runs that end early: of the steps until then.');
  });
});

describe('runs that do not fit into memory', () => {
  const outOfMemory = {
    device: '/job:worker/task:0/device:GPU:0',
    model: 'K40',
    node: 'conv',
    seconds: 1,
    bytes: 2e9,
    usedBytes: 11e9,
    capacityBytes: 12e9,
    remedies: [],
  };

  it('are not the fastest where others fit, and figures of them say so where none does', () => {
    const best = fastest(experiment.runs)!;
    const most = withRuns((run) => ({ outOfMemory: run === best ? outOfMemory : null }));
    expect(fastest(most.runs)!.outOfMemory).toBeNull();
    expect(speedUp(most, 's')!.note).toContain('Not all runs fit into memory: as if they did.');
    const all = withRuns(() => ({ outOfMemory }));
    expect(speedUp(all, 's')!.note).toContain('No run fits into memory: as if they did.');
    expect(trainingFacts(all)[0]!.name).toBe('Choice, if it fitted into memory');
  });

  it('hold for placements too', () => {
    const placed = fixture().placement[0]!;
    const best = fastestPlacement(placed.runs)!;
    const most = {
      ...placed,
      runs: placed.runs.map((run) => ({ ...run, outOfMemory: run === best ? outOfMemory : null })),
    };
    expect(fastestPlacement(most.runs)!.label).not.toBe(best.label);
    expect(placements(most, 'p').note).toContain(
      `Too large for memory: ${placementNames(placed.runs)(best)}; timed as if it fitted.`,
    );
    const all = {
      ...placed,
      runs: placed.runs.map((run) => ({ ...run, outOfMemory })),
      portfolio: { ...placed.portfolio, fits: false },
    };
    expect(placements(all, 'p').note).toContain('No placement fits into memory');
    expect(placementFacts(all)[0]!.name).toBe('Choice, if it fitted into memory');
    expect(placementFacts(placed)[0]!.name).toBe('Choice');
  });
});

describe('efficiency', () => {
  it('is told of a run that fits into memory, where there is one', () => {
    const most = Math.max(...experiment.runs.map(({ workers }) => workers));
    const all = experiment.runs.filter(({ workers }) => workers === most);
    const best = all.toSorted((a, b) => b.efficiency - a.efficiency)[0]!;
    expect(efficiency(experiment, 'e')!.title).toContain(best.label);
    const outOfMemory: OutOfMemory = {
      device: 'd',
      model: 'm',
      node: null,
      seconds: 0,
      bytes: 0,
      usedBytes: 2,
      capacityBytes: 1,
      remedies: [],
    };
    const short = withRuns((run) => (run === best ? { outOfMemory } : {}));
    expect(efficiency(short, 'e')!.title).not.toContain(best.label);
  });
});

describe('slow steps', () => {
  it('of asynchronous workers are not held against a median that says nothing', () => {
    const near = withRuns(({ stepSeconds, strategy }) =>
      strategy === 'async' ? { stepSeconds: { ...stepSeconds, p50: 1e-9, p99: 1 } } : {},
    );
    const several = near.runs.map(({ strategy, workers }) => strategy === 'async' && workers > 1);
    expect(several).toContain(true);
    expect(cells(stepTimes(near, 'steps'), 'p99 / p50')!.map((cell) => cell === '–')).toEqual(several);
  });
});

it('what-if: gains smaller than any model knows are about nothing', () => {
  const explained = experiment.explanation!;
  const gains = [0.0603, 0.0001, 0.0000488, -0.0000002, 0];
  const figure = whatIf(
    {
      ...explained,
      whatIf: gains.map((gain, i) => ({ resource: `r${i}`, stepSeconds: 1 - gain, gain })),
    },
    'what-if',
  )!;
  expect(cells(figure, 'Saved (%)')).toEqual(['6.03 %', '0.01 %', 'about 0 %', 'about 0 %', '0 %']);
});
