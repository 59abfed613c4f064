import { describe, expect, test } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { type Batch, loadDigits, TrainingLine } from '../../scenarios/dataset.ts';
import { evaluator } from '../../scenarios/evaluation.ts';
import { parseScenario } from '../../scenarios/load.ts';
import type { Numbers } from '../../scenarios/numbers.ts';
import type { TrainingRun } from '../../scenarios/results.ts';
import { runScenario } from '../../scenarios/run.ts';
import type { TrainingScenario } from '../../scenarios/schema.ts';
import { settingsFor } from '../../scenarios/settings.ts';
import { firstTrial, prepare } from '../../scenarios/training-run.ts';

const BATCH = 4;
const WORKERS = 4;

function scenarioText(strategies: string, rest: string, numbers: string): string {
  return `title: numbers
cluster:
  workers: { cpu: xeon-e5-2699v3, accelerator: k40 }
  parameter_servers: { count: 2, cpu: xeon-e5-2699v3 }
  network: { link: eth-10g }
noise:
  compute: { sigma: 0.2 }
  stragglers: { probability: 0.1, slowdown: 4 }
experiments:
  - kind: training
    name: t
    model: { name: mnist-softmax, batch: ${BATCH} }
    strategies: ${strategies}
    ${rest}
    numbers: { dataset: mnist, held_out: 500, ${numbers} }
`;
}

const parse = (text: string) => parseScenario(text, 'numbers.yaml');

async function runs(
  strategies: string,
  { rest = `workers: [${WORKERS}], steps: 12, learning_rate: 0.05`, numbers = 'evaluations: 4' } = {},
): Promise<readonly TrainingRun[]> {
  const keys = rest.split(/, (?=[a-z_]+:)/).join('\n    ');
  const scenario = parse(scenarioText(strategies, keys, numbers));
  return (await runScenario(scenario, { seed: 5 })).training[0]!.runs;
}

const ALL =
  '[sync, { kind: backup, backups: 1 }, async, { kind: async, staleness: 1 }, { kind: hybrid, groups: 2 }, all-reduce]';

describe('every strategy that changes the numbers', () => {
  test('begins from the same parameters, and is evaluated after as many samples', async () => {
    const all = await runs(ALL);
    expect(all).toHaveLength(6);
    for (const { label, learning, samplesPerUpdate } of all) {
      expect(learning!.heldOutLoss[0], label).toBe(all[0]!.learning!.heldOutLoss[0]);
      expect(learning!.heldOutAccuracy[0], label).toBe(all[0]!.learning!.heldOutAccuracy[0]);
      expect(learning!.updates, label).toHaveLength(4);
      expect(learning!.samples, label).toEqual(learning!.updates.map((update) => update * samplesPerUpdate));
      expect(learning!.samples.at(-1), label).toBe(12 * WORKERS * BATCH);
      expect(learning!.heldOutLoss.at(-1)!, label).toBeLessThan(learning!.heldOutLoss[0]!);
    }
  });

  test('that averages the gradients of all workers learns the same, update by update', async () => {
    const [sync, ...alike] = await runs(
      '[sync, all-reduce, { kind: all-reduce, algorithm: ring, overlap: false }, { kind: hybrid, groups: 1 }, { kind: sync, split_above: 10 kB }]',
    );
    expect(alike).toHaveLength(4);
    for (const { label, learning } of alike) {
      expect(learning!.updates).toEqual(sync!.learning!.updates);
      for (const [i, loss] of learning!.heldOutLoss.entries())
        expect(Math.abs(loss! - sync!.learning!.heldOutLoss[i]!), label).toBeLessThan(1e-5);
    }
  });

  test('that divides state, gradients, parameters or layers learns what undivided training does', async () => {
    const divided = await runs(
      '[sync, { kind: zero, stage: 1, optimizer: sgd }, { kind: zero, stage: 2, optimizer: sgd }, { kind: zero, stage: 3, optimizer: sgd }]',
      { rest: 'workers: [3], steps: 6, learning_rate: 0.05' },
    );
    expect(divided).toHaveLength(4);
    const [pipelines, undivided] = await Promise.all([
      runs('[{ kind: pipeline, stages: 2, micro_batches: 2 }]', {
        rest: 'workers: [4], steps: 6, learning_rate: 0.05',
      }),
      runs('[sync]', { rest: 'workers: [2], steps: 6, learning_rate: 0.05' }),
    ]);
    const [placed, alone] = await Promise.all([
      runs('[{ kind: model-parallel, placer: round-robin }]', {
        rest: 'workers: [2], steps: 6, learning_rate: 0.05',
      }),
      runs('[sync]', { rest: 'workers: [1], steps: 6, learning_rate: 0.05' }),
    ]);
    const pairs = [
      ...divided.slice(1).map((run) => [run, divided[0]!] as const),
      [pipelines[0]!, undivided[0]!] as const,
      [placed[0]!, alone[0]!] as const,
    ];
    for (const [run, reference] of pairs) {
      const losses = reference.learning!.heldOutLoss;
      expect(run.learning!.updates, run.label).toEqual(reference.learning!.updates);
      for (const [i, loss] of run.learning!.heldOutLoss.entries())
        expect(Math.abs(loss! - losses[i]!), run.label).toBeLessThan(1e-5);
    }
  });

  test('with a learning rate per gradient takes as many times that as it takes gradients', async () => {
    const rest = `workers: [${WORKERS}], steps: 6, learning_rate:`;
    const strategies = '[{ kind: hybrid, groups: 2 }, all-reduce]';
    const scaled = await runs(strategies, { rest: `${rest} 0.02, learning_rate_scaling: linear` });
    const twice = await runs(strategies, { rest: `${rest} 0.04` });
    const fourTimes = await runs(strategies, { rest: `${rest} 0.08` });
    expect(scaled.map(({ learning }) => learning)).toEqual([twice[0]!.learning, fourTimes[1]!.learning]);
  });

  test('groups of one worker are asynchronous workers, to the bit', async () => {
    const [async, hybrid] = await runs('[async, { kind: hybrid, groups: 4 }]');
    expect(hybrid!.learning).toEqual(async!.learning);
    expect(hybrid!.staleness).toEqual(async!.staleness);
  });
});

describe('staleness', () => {
  test('is none where updates wait for all, and about the number of the others where they wait for nobody', async () => {
    const [sync, backup, async, bounded, hybrid, allReduce] = await runs(ALL, {
      rest: `workers: [${WORKERS}], steps: 40`,
    });
    const fresh = { mean: 0, p50: 0, p90: 0, max: 0, histogram: { updates: [], gradients: [] } };
    for (const run of [sync!, backup!, allReduce!]) expect(run.staleness, run.label).toEqual(fresh);
    expect(async!.staleness.mean).toBeGreaterThan(1);
    expect(async!.staleness.mean).toBeLessThan(WORKERS);
    // Of two groups, one makes about one update during a step of the other.
    expect(hybrid!.staleness.mean).toBeGreaterThan(0.3);
    expect(hybrid!.staleness.mean).toBeLessThan(async!.staleness.mean);
    // At most one step ahead, the three others make at most (1 + 1) + 1 updates each between a read and its update.
    expect(bounded!.staleness.max).toBeLessThanOrEqual(3 * (WORKERS - 1));
    for (const { staleness, gradientsApplied } of [async!, bounded!, hybrid!]) {
      const { updates, gradients } = staleness.histogram;
      expect(gradients.reduce((sum, count) => sum + count, 0)).toBe(gradientsApplied);
      const mean = updates.reduce((sum, age, i) => sum + age * gradients[i]!, 0) / gradientsApplied;
      expect(staleness.mean).toBeCloseTo(mean, 12);
      expect(updates.at(-1)).toBe(staleness.max);
      const atMost = (age: number): number =>
        updates.reduce((sum, at, i) => (at <= age ? sum + gradients[i]! : sum), 0) / gradientsApplied;
      expect(atMost(staleness.p90)).toBeGreaterThanOrEqual(0.9);
      expect(atMost(staleness.p90 - 1)).toBeLessThan(0.9);
      expect(atMost(staleness.p50)).toBeGreaterThanOrEqual(0.5);
      expect(atMost(staleness.p50 - 1)).toBeLessThan(0.5);
    }
    expect(backup!.droppedByReplica).toHaveLength(WORKERS);
    expect(backup!.droppedByReplica.reduce((a, b) => a + b)).toBe(backup!.gradientsDropped);
    expect(backup!.gradientsDropped).toBeGreaterThan(0);
    expect(sync!.droppedByReplica).toEqual([]);
  });
});

/** A line that notes what is taken from it. */
class NotingLine extends TrainingLine {
  readonly taken: [from: number, size: number][] = [];

  override batch(from: number, size: number): Batch {
    this.taken.push([from, size]);
    return super.batch(from, size);
  }
}

const digits = loadDigits();

/** Runs the only setting of a scenario on a line that notes, and with evaluations that are counted. */
function observed(strategy: string, numbers: Partial<Numbers> = {}, steps = 12) {
  const text = scenarioText(`[${strategy}]`, `workers: [${WORKERS}]\n    steps: ${steps}`, '');
  const scenario = parse(text.replace('500,  }', '500 }'));
  const experiment = scenario.experiments[0] as TrainingScenario;
  const setting = settingsFor(scenario, experiment, experiment.strategies[0]!).possible[0]!;
  const line = new NotingLine(digits, 500, 5);
  const evaluate = evaluator(MODELS['mnist-softmax']!, digits, 500, 5);
  let evaluations = 0;
  const counting: Numbers['evaluate'] = (variables) => {
    evaluations++;
    return evaluate(variables);
  };
  const asked = { line, evaluate: counting, evaluations: 5, ...numbers };
  const { learning, simulation } = firstTrial(
    scenario,
    prepare(scenario, experiment, setting),
    { seed: 5, batch: BATCH, numbers: asked },
    () => {},
  );
  return { learning: learning!, simulation, taken: line.taken, evaluations: () => evaluations };
}

describe('what workers are fed', () => {
  test.each(['sync', '{ kind: backup, backups: 1 }', 'async', '{ kind: hybrid, groups: 2 }', 'all-reduce'])(
    '%s: each sample is taken once',
    (strategy) => {
      const { taken } = observed(strategy);
      const places = taken.map(([from]) => from);
      expect(new Set(places).size).toBe(places.length);
      for (const [from, size] of taken) expect([from % BATCH, size]).toEqual([0, BATCH]);
    },
  );

  test.each(['sync', 'all-reduce'])(
    '%s: update by update, what one worker of the whole batch would see',
    (strategy) => {
      const { taken } = observed(strategy);
      for (let step = 0; step < 12; step++) {
        const own = taken.slice(step * WORKERS, (step + 1) * WORKERS).map(([from]) => from);
        const expected = Array.from({ length: WORKERS }, (_, r) => (step * WORKERS + r) * BATCH);
        expect(own.sort((a, b) => a - b)).toEqual(expected);
      }
    },
  );
});

test('an accuracy is a share of whole samples, so that 350 of 500 right are 70 % and not a little less', () => {
  const { heldOutAccuracy } = observed('sync').learning;
  for (const accuracy of heldOutAccuracy) expect(accuracy).toBe(Math.round(accuracy * 500) / 500);
});

describe('a target accuracy', () => {
  const TARGET = 0.7;

  test.each(['sync', 'async', 'all-reduce'])(
    '%s: is trained for until an evaluation finds it',
    (strategy) => {
      const { learning, simulation, taken, evaluations } = observed(
        strategy,
        { targetAccuracy: TARGET, evaluations: 61 },
        60,
      );
      const { heldOutAccuracy, seconds, samples, target, secondsToTarget, samplesToTarget } = learning;
      expect(target).toEqual({ measure: 'accuracy', value: TARGET });
      const last = heldOutAccuracy.length - 1;
      expect(last).toBeGreaterThan(2);
      expect(last).toBeLessThan(60);
      expect(evaluations()).toBe(last + 1);
      expect(Math.max(...heldOutAccuracy.slice(0, -1))).toBeLessThan(TARGET);
      expect(heldOutAccuracy[last]).toBeGreaterThanOrEqual(TARGET);
      // On the straight line between the last two evaluations.
      const way =
        (TARGET - heldOutAccuracy[last - 1]!) / (heldOutAccuracy[last]! - heldOutAccuracy[last - 1]!);
      const between = (column: readonly number[]): number =>
        column[last - 1]! + way * (column[last]! - column[last - 1]!);
      expect(secondsToTarget).toBeCloseTo(between(seconds), 9);
      expect(samplesToTarget).toBeCloseTo(between(samples), 4);
      // Time goes on, numbers do not: nothing is fed any more but what had begun.
      expect(simulation.seconds).toBeGreaterThan(seconds[last]!);
      expect(taken.length * BATCH).toBeLessThanOrEqual(samples[last]! + 2 * WORKERS * BATCH);
    },
  );

  test('that is never found is said not to be, and training ends with its steps', () => {
    const { learning, evaluations } = observed('sync', { targetAccuracy: 0.999 });
    expect([learning.secondsToTarget, learning.samplesToTarget]).toEqual([null, null]);
    expect(learning.updates).toEqual([0, 3, 6, 9, 12]);
    expect(evaluations()).toBe(5);
  });

  test('that is there from the beginning takes no time', () => {
    const { learning, taken } = observed('sync', { targetAccuracy: 0.01 });
    expect([learning.secondsToTarget, learning.samplesToTarget]).toEqual([0, 0]);
    expect(taken).toEqual([]);
  });

  test.each([0, 1.5, -1])('of %d is refused', (accuracy) => {
    const text = scenarioText('[sync]', 'workers: [1]\n    steps: 5', `target_accuracy: ${accuracy}`);
    expect(() => parse(text)).toThrow(UserError);
  });

  test('comes first in the answer, with all that reach it in the order of their times', async () => {
    const text = scenarioText(
      '[sync, async, all-reduce]',
      'title: Who learns first?\n    workers: [4]\n    steps: 60\n    learning_rate: 0.2',
      'evaluations: 61, target_accuracy: 0.7',
    );
    const { answers, training } = await runScenario(parse(text), { seed: 5 });
    const ranked = training[0]!.runs.toSorted(
      (a, b) => a.learning!.secondsToTarget! - b.learning!.secondsToTarget!,
    );
    const labels = ranked.map(({ label }) => label);
    expect(answers[0]).toMatch(
      new RegExp(
        `^Who learns first\\?: ${labels[0]} on 4 workers is the first at a held-out accuracy of 70 %, after [\\d.]+ m?s of simulated time and \\d+ samples\\. The others on as many workers: ${labels[1]}: [\\d.]+ m?s; ${labels[2]}: [\\d.]+ m?s\\. `,
      ),
    );
  });
});
