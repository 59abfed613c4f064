import { describe, expect, it } from 'vitest';
import { parseScenario } from '../../../scenarios/load.ts';
import { runScenario } from '../../../scenarios/run.ts';
import type { Scenario } from '../../../scenarios/schema.ts';
import { sweepKey } from '../../../scenarios/sweep/key.ts';
import { rowSchema } from '../../../scenarios/sweep/row-schema.ts';
import { figuresOf, runSweepJob } from '../../../scenarios/sweep/run-job.ts';
import { SMALL } from '../small.ts';

const SETTINGS = [
  'experiments.cnn.steps=6',
  'experiments.cnn.numbers.steps=4',
  'experiments.where.placers=[greedy, {kind: reinforce, evaluations: 30}]',
];

const FAILING = `
failures:
  mtbf: {host: 1 min, repair: 1 s}
  checkpoint: {every: optimal, write: 1 ms, restore: 1 ms}
`;

const INFERENCE = `
  - kind: inference
    name: serve
    model: {name: inception-v3}
    servers: [{device: k40}]
    batches: [1, 8]
`;

function scenarioOf(text: string): Scenario {
  return parseScenario(text, 'small.yaml', { set: SETTINGS });
}

const jobOf = (scenario: Scenario) => ({
  sweep: '0'.repeat(16),
  key: sweepKey(scenario),
  index: 3,
  values: { x: 1 },
  scenario,
});

describe('a job of a sweep', () => {
  it('gives the figures of stepcast run, to the last bit', { timeout: 60_000 }, async () => {
    const scenario = scenarioOf(`${SMALL}${INFERENCE}`);
    const whole = await runScenario(scenario, { seed: scenario.seed });
    const row = await runSweepJob(jobOf(scenario));
    expect(row).toMatchObject({ index: 3, seed: 1, values: { x: 1 }, error: null });
    expect(row.figures).toEqual(figuresOf(whole));
    expect(row.figures.map(({ kind }) => kind)).toEqual([
      ...Array(3).fill('training'),
      ...Array(3).fill('placement'),
      ...Array(2).fill('inference'),
    ]);
    for (const { stepSeconds, samplesPerSecond } of row.figures) {
      expect(stepSeconds).toBeGreaterThan(0);
      expect(samplesPerSecond).toBeGreaterThan(0);
    }
    expect(JSON.stringify(rowSchema.parse(JSON.parse(JSON.stringify(row))))).toBe(JSON.stringify(row));
  });

  it('gives them where machines fail and memory does not suffice, too', async () => {
    const training = SMALL.slice(0, SMALL.indexOf('    numbers:'));
    const scenario = parseScenario(`${training}${FAILING}`, 'small.yaml', {
      set: ['cluster.workers.accelerator_memory=1 MB', 'experiments.cnn.steps=6'],
    });
    const whole = await runScenario(scenario, { seed: scenario.seed });
    const { figures } = await runSweepJob(jobOf(scenario));
    expect(figures).toEqual(figuresOf(whole));
    expect(figures.every(({ outOfMemory }) => outOfMemory)).toBe(true);
  });

  it('says in its row why a scenario cannot be run', async () => {
    const scenario = scenarioOf(SMALL);
    const placers = [{ kind: 'file', path: 'nowhere/placement.json' }];
    const [, placement] = scenario.experiments;
    const broken = { ...scenario, experiments: [{ ...placement, placers }] } as unknown as Scenario;
    const { error, figures } = await runSweepJob(jobOf(broken));
    expect(error).toContain('nowhere/placement.json');
    expect(figures).toEqual([]);
  });
});

describe('the key of a run', () => {
  it('is of what decides its figures: not of titles, nor of the order of keys', () => {
    const key = sweepKey(scenarioOf(SMALL));
    expect(key).toMatch(/^[0-9a-f]{64}$/);
    const retitled = SMALL.replace('A small one', 'Another').replace(
      'name: cnn',
      'title: Numbers\n    name: cnn',
    );
    expect(sweepKey(scenarioOf(retitled))).toBe(key);
    const reordered = SMALL.replace('probability: 0.05, slowdown: 4', 'slowdown: 4, probability: 0.05');
    expect(sweepKey(scenarioOf(reordered))).toBe(key);
    const others = [
      SMALL.replace('slowdown: 4', 'slowdown: 5'),
      SMALL.replace('workers: [1, 2]', 'workers: [2, 1]'),
      SMALL.replace('title:', 'seed: 2\ntitle:'),
    ];
    expect(new Set([key, ...others.map((text) => sweepKey(scenarioOf(text)))]).size).toBe(4);
  });
});
