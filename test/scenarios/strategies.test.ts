import { describe, expect, test } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { type OfferedGradient, PlanExecutor } from '../../executor/plan-executor.ts';
import { partitionedName } from '../../graph/partition.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { SAMPLES } from '../../graph/zoo/model.ts';
import { loadDigits, TrainingLine } from '../../scenarios/dataset.ts';
import { type CompiledPlan, compilePlan } from '../../sim/compile.ts';
import { slowdowns } from '../../sim/disturbances/slowdowns.ts';
import { simulate } from '../../sim/engine.ts';
import type { Simulation } from '../../sim/simulation.ts';
import { STRATEGIES } from '../../sim/strategies/index.ts';
import { planBy } from '../../sim/strategies/input.ts';
import { Row } from '../../sim/trace.ts';

const WORKERS = 4;
const BATCH = 2;
const digits = loadDigits();

interface Run {
  readonly compiled: CompiledPlan;
  readonly simulation: Simulation;
  readonly offered: readonly OfferedGradient[];
}

/** Trains softmax regression by a strategy, with stragglers, recording everything. */
function train(kind: keyof typeof STRATEGIES, updates: number, backups = 0, seed = 3): Run {
  const nic = findLink('eth-10g');
  const cpu = findDevice('xeon-e5-2699v3');
  const accelerators = { model: findDevice('k40'), count: 1, bus: findLink('pcie3-x16') };
  const cluster = buildCluster({
    jobs: [
      { name: 'worker', tasks: WORKERS, cpu, accelerators, nic },
      { name: 'ps', tasks: 2, cpu, nic },
    ],
  });
  const model = MODELS['mnist-softmax']!;
  const plan = planBy(STRATEGIES[kind], {
    model,
    batch: BATCH,
    cluster,
    workers: WORKERS,
    parameterServers: 2,
    updates,
    ...(kind === 'backup' && { options: { backups } }),
  });
  const line = new TrainingLine(digits, 1000, seed);
  const offered: OfferedGradient[] = [];
  const executor = new PlanExecutor(plan, {
    seed,
    feed: (placeholder, replica, step) => {
      const { samples, labels } = line.batch((step * WORKERS + replica) * BATCH, BATCH);
      return placeholder === SAMPLES ? samples : labels;
    },
    onGradient: (gradient) => offered.push(gradient),
  });
  const compiled = compilePlan(plan, cluster, kernelSeconds);
  const simulation = simulate(compiled, cluster, {
    disturbances: {
      slowdown: slowdowns({ sigma: 0.2, stragglerProbability: 0.2, stragglerSlowdown: 5 }, seed),
    },
    onStart: (loop, node, iteration) => executor.start(loop, node, iteration),
    record: { from: 0, to: updates },
  });
  return { compiled, simulation, offered };
}

interface TraceRow {
  readonly kind: number;
  readonly loop: string;
  readonly iteration: number;
  readonly node: string;
  readonly start: number;
}

/** The trace as rows of names, in the order of their starts. */
function rows({ compiled, simulation: { trace } }: Run): TraceRow[] {
  return Array.from({ length: trace.length }, (_, row) => {
    const { loop, template } = compiled.loops[trace.loop[row]!]!;
    return {
      kind: trace.kind[row]!,
      loop: loop.name,
      iteration: trace.iteration[row]!,
      node: partitionedName(template, trace.node[row]!),
      start: trace.start[row]!,
    };
  });
}

/**
 * Which gradients came late, told from the trace alone: a worker's step works on the parameters of the newest token
 * that was in its queue when it took one; of the gradients of one step, all after the first `required` are late.
 */
function lateGradients(trace: readonly TraceRow[], required: number): string[] {
  const newestToken = new Map<string, number>();
  const stepOf = new Map<string, number>();
  const arrived = new Map<string, number>();
  const late: string[] = [];
  for (const { kind, loop, iteration, node } of trace) {
    if (kind !== Row.node) continue;
    // The chief's k-th iteration (from 0) hands out the token of step k + 1.
    if (loop === 'chief' && node.startsWith('tokens/'))
      newestToken.set(`worker/${node.slice(7)}`, iteration + 1);
    if (node === 'TokenDequeue') stepOf.set(`${loop}#${iteration}`, newestToken.get(loop) ?? 0);
    if (!node.endsWith('/accumulate')) continue;
    const step = stepOf.get(`${loop}#${iteration}`)!;
    const key = `${node}@${step}`;
    const count = (arrived.get(key) ?? 0) + 1;
    arrived.set(key, count);
    if (count > required) late.push(`${loop}#${iteration} ${node}`);
  }
  return late;
}

describe('synchronous with a backup worker', () => {
  const run = train('backup', 30, 1);
  const trace = rows(run);

  test('the gradients dropped by the numbers are exactly those that the trace shows late', () => {
    const late = lateGradients(trace, WORKERS - 1);
    const dropped = run.offered
      .filter(({ outcome }) => outcome === 'dropped')
      .map(({ loop, iteration, accumulator }) => `${loop}#${iteration} ${accumulator}/accumulate`);
    expect(dropped.length).toBeGreaterThan(20);
    expect(dropped).toEqual(late);
    expect(run.simulation.gradientsDropped).toBe(dropped.length);
  });

  test('the simulator marks the same gradients as dropped', () => {
    const marked = trace
      .filter(({ kind }) => kind === Row.dropped)
      .map(({ loop, iteration, node }) => `${loop}#${iteration} ${node}`);
    expect(marked).toEqual(lateGradients(trace, WORKERS - 1));
  });

  test('every update takes as many gradients of each variable as it waits for, none of them stale', () => {
    expect(run.simulation.gradientsApplied).toBeGreaterThanOrEqual(30 * 2 * (WORKERS - 1));
    expect(run.simulation.staleness).toEqual([run.simulation.gradientsApplied]);
  });
});

test('synchronous training drops nothing and its updates are in step', () => {
  const { simulation, offered } = train('sync', 10);
  expect(simulation.gradientsDropped).toBe(0);
  expect(offered.filter(({ outcome }) => outcome === 'completed')).toHaveLength(10 * 2);
  expect(lateGradients(rows(train('sync', 10)), WORKERS)).toEqual([]);
});

test('staleness is the number of updates between a read and the gradient that came of it', () => {
  const run = train('async', 60);
  // Recounted from the trace: versions of each variable at its read and at its update.
  const version = new Map<string, number>();
  const read = new Map<string, number>();
  const histogram: number[] = [];
  for (const { kind, loop, node } of rows(run)) {
    if (kind !== Row.node) continue;
    const variable = node.replace(/\/update$/, '');
    if (node === 'logits/weights' || node === 'logits/bias')
      read.set(`${loop} ${node}`, version.get(node) ?? 0);
    if (variable === node) continue;
    const staleness = (version.get(variable) ?? 0) - read.get(`${loop} ${variable}`)!;
    version.set(variable, (version.get(variable) ?? 0) + 1);
    while (histogram.length <= staleness) histogram.push(0);
    histogram[staleness]!++;
  }
  expect(run.simulation.staleness).toEqual(histogram);
  const sum = histogram.reduce((total, gradients, staleness) => total + staleness * gradients, 0);
  // With n workers of about equal speed, n − 1 others update in between.
  expect(sum / run.simulation.gradientsApplied).toBeGreaterThan(1);
  expect(sum / run.simulation.gradientsApplied).toBeLessThan(WORKERS);
});

test('backup workers shorten the step under stragglers, and asynchronous workers never wait', () => {
  const seconds = (kind: keyof typeof STRATEGIES, updates: number, backups = 0): number =>
    train(kind, updates, backups).simulation.seconds;
  expect(seconds('backup', 30, 1)).toBeLessThan(seconds('sync', 30));
  expect(seconds('async', 30 * WORKERS)).toBeLessThan(seconds('sync', 30));
});

test('strategies meet the same bad luck: the k-th draw of a worker does not depend on who else draws', () => {
  const noise = { sigma: 0.1, stragglerProbability: 0.3, stragglerSlowdown: 4 };
  const alone = slowdowns(noise, 5);
  const together = slowdowns(noise, 5);
  for (let k = 0; k < 50; k++) {
    for (const other of [0, 1, 2, 4]) together(other, k);
    expect(together(3, k)).toBe(alone(3, k));
  }
  expect(slowdowns(noise, 5)(-1, 0)).toBe(1);
});

test('log-normal spread has mean 1', () => {
  const draw = slowdowns({ sigma: 0.5, stragglerProbability: 0, stragglerSlowdown: 1 }, 11);
  const draws = Array.from({ length: 40_000 }, (_, k) => draw(0, k));
  // The standard error of the mean is √(e^0.25 − 1) / 200 = 0.0027.
  expect(Math.abs(draws.reduce((a, b) => a + b) / draws.length - 1)).toBeLessThan(4 * 0.0027);
});

test.each([4, 5, -1, 0.5])('%d backups of 4 workers are refused', (backups) => {
  expect(() => train('backup', 3, backups)).toThrow(UserError);
});
