import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../../base/errors.ts';
import { mean } from '../../../base/statistics.ts';
import {
  quantileTable,
  type RelativeDurations,
  relativeDurations,
  spreadComponents,
} from '../../../sim/traces/pipeline-job-spread.ts';
import { stragglerTables } from '../../../tools/straggler-tables.ts';
import { havePublishedJobs, publishedJob, WITHOUT_JOBS } from './published-jobs.ts';

const REPLICAS = 3;
const STAGES = 2;
const STEPS = 4;
const BATCHES = 5;

/** Two passes of each micro-batch, of which ln ratio is as told. */
function durations(
  log: (place: { replica: number; stage: number; step: number; batch: number; pass: number }) => number,
): RelativeDurations {
  const rows: { replica: number; stage: number; step: number; batch: number; pass: number }[] = [];
  for (let replica = 0; replica < REPLICAS; replica++) {
    for (let stage = 0; stage < STAGES; stage++) {
      for (let step = 0; step < STEPS; step++) {
        for (let batch = 0; batch < BATCHES; batch++) {
          for (const pass of [0, 1]) rows.push({ replica, stage, step, batch, pass });
        }
      }
    }
  }
  return {
    ratio: Float64Array.from(rows, (row) => Math.exp(log(row))),
    replica: Int32Array.from(rows, (row) => row.replica),
    stage: Int32Array.from(rows, (row) => row.stage),
    step: Int32Array.from(rows, (row) => row.step),
    microBatch: Int32Array.from(rows, (row) => row.batch),
  };
}

function variance(values: readonly number[]): number {
  const centre = mean(values);
  return values.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (values.length - 1);
}

const NONE = { replica: 0, worker: 0, step: 0, microBatch: 0, pass: 0 };

function expectComponents(found: ReturnType<typeof spreadComponents>, expected: typeof NONE): void {
  for (const key of Object.keys(NONE) as (keyof typeof NONE)[]) {
    expect(found[key], key).toBeCloseTo(expected[key], 12);
  }
}

describe('variance components, where one cause is at work', () => {
  test('replicas differ', () => {
    const of = [0.1, 0.5, -0.2];
    expectComponents(spreadComponents(durations(({ replica }) => of[replica]!)), {
      ...NONE,
      replica: variance(of),
    });
  });

  test('the stages of each replica differ', () => {
    // Both replicas' means are equal, so that nothing is left for replicas.
    const of = [
      [0.3, -0.3],
      [0.1, -0.1],
      [-0.2, 0.2],
    ];
    const found = spreadComponents(durations(({ replica, stage }) => of[replica]![stage]!));
    expectComponents(found, { ...NONE, worker: mean(of.map(variance)) });
  });

  test('the steps of each replica differ', () => {
    const of = [
      [0.3, -0.3, 0.1, -0.1],
      [0.2, 0, 0, -0.2],
      [0, 0, 0, 0],
    ];
    const found = spreadComponents(durations(({ replica, step }) => of[replica]![step]!));
    expectComponents(found, { ...NONE, step: mean(of.map(variance)) });
  });

  test('micro-batches differ, alike on all stages and in both directions', () => {
    const of = [0.4, -0.1, -0.3, 0.2, -0.2];
    // Another order in every step and replica.
    const log = ({ replica, step, batch }: { replica: number; step: number; batch: number }) =>
      of[(batch + step + 2 * replica) % BATCHES]!;
    expectComponents(spreadComponents(durations(log)), { ...NONE, microBatch: variance(of) });
  });

  test('each pass differs: all of the spread is its own', () => {
    // Forward passes +1/4, backward passes −1/4: every mean above a pass is zero.
    const found = spreadComponents(durations(({ pass }) => (pass === 0 ? 0.25 : -0.25)));
    const perReplica = STAGES * STEPS * BATCHES * 2;
    const freedom = REPLICAS * (perReplica - STAGES - STEPS * BATCHES + 1);
    const pass = (REPLICAS * perReplica * 0.25 ** 2) / freedom;
    // Means that happen to be quite equal: the estimate for replicas is what the expectations leave of the passes'.
    expectComponents(found, { ...NONE, pass, replica: pass / perReplica });
  });

  test('a replica that lacks a stage is refused', () => {
    const all = durations(() => 0);
    const cut = (column: Int32Array) => column.slice(0, -STEPS * BATCHES * 2);
    const part = {
      ratio: all.ratio.slice(0, -STEPS * BATCHES * 2),
      replica: cut(all.replica),
      stage: cut(all.stage),
      step: cut(all.step),
      microBatch: cut(all.microBatch),
    };
    expect(() => spreadComponents(part)).toThrow(UserError);
  });
});

test('a table of quantiles is the distribution at equal steps of probability', () => {
  expect(quantileTable([4, 0, 2, 1, 3], 5)).toEqual([0, 1, 2, 3, 4]);
  expect(quantileTable([4, 0, 2, 1, 3], 9)).toEqual([0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4]);
});

const FOLDER = join(import.meta.dirname, '../../../sim/disturbances/empirical');
const IDS = ['bytedance-ar', 'bytedance-ar-healthy', 'bytedance-se'];
const committed = (id: string) => JSON.parse(readFileSync(join(FOLDER, `${id}.json`), 'utf8'));

test.each(IDS)('%s rises from above 0, with 1 in the middle', (id) => {
  const { quantiles } = committed(id);
  expect(quantiles[0]).toBeGreaterThan(0);
  for (let i = 1; i < quantiles.length; i++) expect(quantiles[i]).toBeGreaterThanOrEqual(quantiles[i - 1]);
  expect(Math.abs(quantiles[100] - 1)).toBeLessThan(0.01);
});

describe.skipIf(!havePublishedJobs)(
  `tables of the published jobs${havePublishedJobs ? '' : ` (${WITHOUT_JOBS})`}`,
  () => {
    const ar = havePublishedJobs ? publishedJob('AR') : undefined!;
    const se = havePublishedJobs ? publishedJob('SE') : undefined!;

    test('are those that the tool makes', () => {
      const tables = stragglerTables(ar, se);
      expect(tables.map(({ id }) => id)).toEqual(IDS);
      for (const table of tables) expect(committed(table.id)).toEqual(table);
    });

    test('one slow worker is nearly all of the spread of AR, unequal micro-batches of that of SE', () => {
      const share = (durations: RelativeDurations, part: 'worker' | 'microBatch') => {
        const components = spreadComponents(durations);
        const total = Object.values(components).reduce((a: number, b: number) => a + b, 0);
        return components[part] / total;
      };
      expect(share(relativeDurations(ar), 'worker')).toBeGreaterThan(0.95);
      expect(
        share(
          relativeDurations(ar, (replica) => replica > 0),
          'microBatch',
        ),
      ).toBeGreaterThan(0.6);
      expect(share(relativeDurations(se), 'microBatch')).toBeGreaterThan(0.8);
    });
  },
);
