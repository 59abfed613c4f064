import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { contentHash } from '../../../base/canonical-json.ts';
import { UserError } from '../../../base/errors.ts';
import type { Scenario } from '../../../scenarios/schema.ts';
import type { SweepJob, SweepRow } from '../../../scenarios/sweep/job.ts';
import type { SweepPlan } from '../../../scenarios/sweep/plan.ts';

/* Sweeps of scenarios that nobody runs: their figures are made of their values. */

/** Of one parameter, `x`; the values that are null make no scenario. */
export function fakePlan(values: readonly (number | null)[], name = 'fake'): SweepPlan {
  return {
    name,
    title: 'A sweep of nothing',
    parameters: ['x'],
    count: values.length,
    fingerprint: contentHash({ name, values }),
    values: (index) => [values[index]],
    point(index) {
      const x = values[index]!;
      if (x === null) throw new UserError('x: is missing');
      const scenario = { seed: 1, title: 'fake', experiments: [], noise: { x } };
      return { index, values: [x], scenario: scenario as unknown as Scenario };
    },
  };
}

/** What runSweepJob would say of a job of it. */
export function fakeRow({ sweep, key, index, values, scenario }: SweepJob): SweepRow {
  const { x } = scenario.noise as unknown as { x: number };
  const figures = {
    experiment: 'e',
    kind: 'training' as const,
    label: 'sync',
    workers: 2,
    parameterServers: 1,
    batch: 8,
    stepSeconds: x / 7,
    stepSecondsP99: null,
    samplesPerSecond: 1 / (1 + x),
    speedUp: 1,
    efficiency: 0.5,
    dollarsPerMillionSamples: null,
    joulesPerStep: null,
    outOfMemory: false,
    stopped: null,
  };
  return { sweep, key, index, seed: 1, values, error: null, figures: [figures] };
}

/** An empty folder until the end of the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'stepcast-sweep-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
