import { describe, expect, it } from 'vitest';
import {
  type CommittedIntervals,
  intervalFor,
  learnIntervals,
  type Question,
} from '../../scenarios/claims/intervals.ts';
import residuals from '../../scenarios/claims/residuals.json' with { type: 'json' };
import { errorBarAnswer } from '../../scenarios/error-bar-answer.ts';
import { errorBarFor, withErrorBars } from '../../scenarios/error-bars.ts';
import type { TrainingExperiment } from '../../scenarios/results.ts';
import { trainingExperiment } from '../reports/fixture.ts';

const question = (more: Partial<Question> = {}): Question => ({
  kind: 'data-parallel',
  from: 'catalog',
  device: 'v100',
  sizes: { devices: 64, batch: 32, parameters: 1e7 },
  ...more,
});

/** Five sources, each 10 % off in the rate of one device's kernels, and 5 % in scaling. */
const learnt = learnIntervals(
  ['a', 'b', 'c', 'd', 'e'].flatMap((source) => [
    { source, question: question(), log: Math.log(1.1) },
    { source, question: question({ from: 'measured' }), log: -Math.log(1.05) },
    {
      source,
      question: question({ kind: 'parameter-server', sizes: { devices: 8, servers: 2, batch: 32 } }),
      log: Math.log(1.2),
    },
  ]),
  [],
);

describe('error bars of predictions', () => {
  it('say how far and by what', () => {
    expect(errorBarFor(question(), learnt)).toEqual({
      factor: intervalFor(question(), learnt)!.factor,
      confidence: 0.8,
      points: 5,
      sources: 5,
      learntFrom: 'data-parallel',
      warnings: [],
    });
  });

  it('warn of sizes and devices beyond what was measured', () => {
    const bar = errorBarFor(question({ device: 'tpu-v1', sizes: { devices: 20_000, batch: 1 } }), learnt)!;
    expect(bar.warnings).toEqual([
      'no measurement is of tpu-v1, and none of its kernels',
      'no measurement of data-parallel training is of more than 64 devices (here: 20\u202f000)',
      'no measurement of data-parallel training is of less than 32 samples per device (here: 1)',
    ]);
  });

  it('warn of kinds that nobody measured', () => {
    expect(errorBarFor(question({ kind: 'mesh' }), learnt)!.warnings).toEqual([
      'no measurement is of mesh training: the interval is that of other kinds of questions',
    ]);
  });

  it('are null where nothing was learnt', () => {
    expect(errorBarFor(question(), learnIntervals([], []))).toBeNull();
  });

  it('of speed-ups are those of scaling; one worker over itself has none', () => {
    const experiment: TrainingExperiment = trainingExperiment(false);
    const cluster = { workers: { accelerator: 'v100', cpu: 'xeon-8180' } } as never;
    const { runs } = withErrorBars(experiment, { cluster }, learnt);
    for (const run of runs) {
      expect(run.errorBar!.factor).toBeCloseTo(1.2, 12);
      expect(run.speedUpErrorBar === null).toBe(run.workers === 1);
    }
  });

  it('of decoders on a mesh are those of the kind gpt', () => {
    const { runs, ...experiment } = trainingExperiment(false);
    const options = { tensor: 8, pipeline: 4 };
    const mesh = { ...runs[0]!, strategy: 'mesh', workers: 64, parameterServers: 0, options };
    const model = { ...experiment.model, name: 'gpt3-13b', parameters: 1.3e10 };
    const gpt = question({ kind: 'gpt', sizes: { devices: 64, tensor: 8, pipeline: 4, parameters: 1.3e10 } });
    const known = learnIntervals(
      ['a', 'b', 'c', 'd'].map((source) => ({ source, question: gpt, log: Math.log(1.07) })),
      [],
    );
    const cluster = { workers: { accelerator: 'v100', cpu: 'xeon-8180' } } as never;
    const [run] = withErrorBars({ ...experiment, model, runs: [mesh] }, { cluster }, known).runs;
    expect(run!.errorBar).toMatchObject({ learntFrom: 'gpt', warnings: [] });
  });

  it('are told in a sentence', () => {
    const bar = { ...errorBarFor(question(), learnt)!, factor: 1.25, warnings: ['a is b', 'c is d'] };
    expect(errorBarAnswer(1, bar)).toBe(
      'The 80 % interval of this time is 800 ms to 1.25 s, by how far predictions were off 5 measurements of 5 sources; beware: a is b; c is d.',
    );
    expect(errorBarAnswer(1, null)).toBe('');
  });
});

describe('what is learnt and committed', () => {
  const { pools, ranges, coverage } = residuals as unknown as CommittedIntervals;

  it.skipIf(pools.length === 0)('names the sizes that questions of `stepcast run` have', () => {
    const asked = {
      gpt: ['devices', 'tensor', 'pipeline', 'parameters'],
      'data-parallel': ['devices', 'batch', 'parameters'],
      'parameter-server': ['devices', 'servers', 'batch', 'parameters'],
      'single-device': ['devices', 'batch', 'parameters'],
    };
    for (const [kind, sizes] of Object.entries(asked)) {
      expect(Object.keys(ranges[kind] ?? {}), kind).toEqual(expect.arrayContaining(sizes));
    }
  });

  it.skipIf(pools.length === 0)('is no narrower than nothing, and no wider than a factor of ten', () => {
    for (const { factor } of pools) {
      expect(factor).toBeGreaterThan(1);
      expect(factor).toBeLessThan(10);
    }
  });

  it.skipIf(pools.length === 0)('holds about 80 % of the measurements of sources that are left out', () => {
    const { covered } = coverage.find(({ question }) => question === 'all')!;
    expect(covered).toBeGreaterThan(0.7);
    expect(covered).toBeLessThan(0.9);
  });
});
