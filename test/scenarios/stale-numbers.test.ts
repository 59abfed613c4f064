import { describe, expect, test } from 'vitest';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { plainBackend } from '../../executor/backend.ts';
import { type OfferedGradient, PlanExecutor } from '../../executor/plan-executor.ts';
import { Session } from '../../executor/session.ts';
import { VariableStore } from '../../executor/variables.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { partitionedName } from '../../graph/partition.ts';
import type { Tensor } from '../../graph/tensor.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { LABELS, SAMPLES } from '../../graph/zoo/model.ts';
import { loadDigits, TrainingLine } from '../../scenarios/dataset.ts';
import { compilePlan } from '../../sim/compile.ts';
import { slowdowns } from '../../sim/disturbances/slowdowns.ts';
import { simulate } from '../../sim/engine.ts';
import { STRATEGIES } from '../../sim/strategies/index.ts';
import { planBy } from '../../sim/strategies/input.ts';
import { Row } from '../../sim/trace.ts';

/*
 * What is recorded of staleness against the numbers: training is done a second time, update by update, from gradients
 * that are as old as the trace says. Only if each was computed from just these values do the parameters come out equal.
 */

const WORKERS = 4;
const BATCH = 4;
const LEARNING_RATE = 0.25;
const SEED = 3;
const VARIABLES = ['logits/weights', 'logits/bias'];
const model = MODELS['mnist-softmax']!;
const line = new TrainingLine(loadDigits(), 1000, SEED);
const batchOf = (replica: number, step: number) => line.batch((step * WORKERS + replica) * BATCH, BATCH);

function train(
  kind: 'backup' | 'async' | 'hybrid',
  options: { readonly [key: string]: number },
  updates: number,
) {
  const nic = findLink('eth-10g');
  const cpu = findDevice('xeon-e5-2699v3');
  const accelerators = { model: findDevice('k40'), count: 1, bus: findLink('pcie3-x16') };
  const cluster = buildCluster({
    jobs: [
      { name: 'worker', tasks: WORKERS, cpu, accelerators, nic },
      { name: 'ps', tasks: 2, cpu, nic },
    ],
  });
  const plan = planBy(STRATEGIES[kind], {
    model,
    batch: BATCH,
    cluster,
    workers: WORKERS,
    parameterServers: 2,
    updates,
    learningRate: LEARNING_RATE,
    options,
  });
  const offered: OfferedGradient[] = [];
  const executor = new PlanExecutor(plan, {
    seed: SEED,
    feed: (placeholder, replica, step) => {
      const { samples, labels } = batchOf(replica, step);
      return placeholder === SAMPLES ? samples : placeholder === LABELS ? labels : undefined;
    },
    onGradient: (gradient) => offered.push(gradient),
  });
  const compiled = compilePlan(plan, cluster, kernelSeconds);
  const simulation = simulate(compiled, cluster, {
    disturbances: {
      slowdown: slowdowns({ sigma: 0.2, stragglerProbability: 0.2, stragglerSlowdown: 5 }, SEED),
    },
    onStart: (loop, node, iteration) => executor.start(loop, node, iteration),
    record: { from: 0, to: updates },
  });
  return { plan, compiled, simulation, offered, executor };
}

/** Gradients of all variables on a batch, from given values of them. */
function gradientSession(): (values: readonly Tensor[], replica: number, step: number) => Tensor[] {
  const builder = new GraphBuilder();
  const { loss, parameters } = model.build(builder, { batch: BATCH, dtype: 'float32' });
  const slopes = gradients(builder, loss, parameters);
  const order = VARIABLES.map((name) => parameters.findIndex(({ node }) => node.name === name));
  const fetches = order.map((i) => `${slopes[i]!.node.name}:${slopes[i]!.index}`);
  const graph = builder.finish();
  return (values, replica, step) => {
    const variables = new VariableStore();
    for (const [i, name] of VARIABLES.entries()) variables.writeVariable(name, values[i]!);
    const { samples, labels } = batchOf(replica, step);
    const session = new Session(graph, { seed: SEED, variables, backend: plainBackend() });
    return session.run({ fetches, feeds: { [SAMPLES]: samples, [LABELS]: labels } });
  };
}

/** The values that variables begin with. */
function firstValues(): Tensor[] {
  const builder = new GraphBuilder();
  model.build(builder, { batch: BATCH, dtype: 'float32' });
  const session = new Session(builder.finish(), { seed: SEED });
  return session.run({ fetches: VARIABLES.map((name) => `${name}:0`) });
}

/** Trains again by what the trace says of reads, accumulators and updates, and nothing else. */
function trainedByTrace(
  { plan, compiled, simulation: { trace } }: ReturnType<typeof train>,
  required: number,
) {
  const gradientsOn = gradientSession();
  /** Per variable: its values, by version. */
  const versions = firstValues().map((value) => [value]);
  /** Per loop: the versions that it read last. */
  const read = plan.loops.map(() => VARIABLES.map(() => 0));
  const computed = new Map<string, { readonly versions: readonly number[]; readonly slopes: Tensor[] }>();
  const pending = new Map<string, string[]>();
  const histogram: number[] = [];

  const apply = (v: number, keys: readonly string[]): void => {
    const list = versions[v]!;
    const data = list.at(-1)!.data.slice() as Float32Array;
    const sum = new Float32Array(data.length);
    for (const key of keys) {
      const gradient = computed.get(key)!;
      const staleness = list.length - 1 - gradient.versions[v]!;
      while (histogram.length <= staleness) histogram.push(0);
      histogram[staleness]!++;
      const slope = gradient.slopes[v]!.data as Float32Array;
      for (let i = 0; i < sum.length; i++) sum[i]! += slope[i]!;
    }
    const mean = sum.map((value) => value / keys.length);
    for (let i = 0; i < data.length; i++) data[i]! -= LEARNING_RATE * mean[i]!;
    list.push({ spec: list[0]!.spec, data });
  };

  const late = new Set<string>();
  for (let row = 0; row < trace.length; row++) {
    const activity = `${trace.loop[row]} ${trace.iteration[row]} ${trace.node[row]}`;
    // A row of a gradient that is dropped comes before the row of the node, which then does nothing.
    if (trace.kind[row] === Row.dropped) late.add(activity);
    if (trace.kind[row] !== Row.node || late.has(activity)) continue;
    const l = trace.loop[row]!;
    const { loop, template } = compiled.loops[l]!;
    const node = partitionedName(template, trace.node[row]!);
    const key = `${loop.replica}#${trace.iteration[row]}`;
    const v = VARIABLES.findIndex((name) => node.startsWith(name));
    if (v < 0) continue;
    const what = node.slice(VARIABLES[v]!.length);
    const group = loop.coordinates?.group ?? 0;
    const accumulator = `${group}/${v}`;
    if (what === '') read[l]![v] = versions[v]!.length - 1;
    else if (what === '/accumulate' || (what === '/update' && loop.replica >= 0)) {
      if (!computed.has(key)) {
        const values = VARIABLES.map((_, i) => versions[i]![read[l]![i]!]!);
        const slopes = gradientsOn(values, loop.replica, trace.iteration[row]!);
        computed.set(key, { versions: [...read[l]!], slopes });
      }
      if (what === '/update') apply(v, [key]);
      else pending.set(accumulator, [...(pending.get(accumulator) ?? []), key]);
    } else if (what === '/update') apply(v, pending.get(accumulator)!.splice(0, required));
  }
  return { values: versions.map((list) => list.at(-1)!), histogram };
}

describe.each([
  ['async', {}, 80, 1],
  ['async', { staleness: 1 }, 80, 1],
  ['hybrid', { groups: 2 }, 40, 2],
  ['hybrid', { groups: 2, backups: 1 }, 60, 1],
  ['backup', { backups: 1 }, 25, 3],
] as const)('%s %o', (kind, options, updates, required) => {
  const run = train(kind, options, updates);
  const again = trainedByTrace(run, required);

  test('each gradient is of values as old as the trace says: trained again by it, the parameters are equal', () => {
    for (const [v, name] of VARIABLES.entries()) {
      const executed = run.executor.variables.readVariable(name)!.data as Float32Array;
      const expected = again.values[v]!.data as Float32Array;
      expect(executed, name).toEqual(expected);
    }
  });

  test('the staleness recorded is that of these gradients', () => {
    expect(run.simulation.staleness).toEqual(again.histogram);
    expect(run.simulation.staleness.length > 1).toBe(kind !== 'backup');
    expect(run.simulation.gradientsApplied).toBe(again.histogram.reduce((sum, count) => sum + count, 0));
  });

  test('the drops recorded per worker are those of the numbers', () => {
    const dropped = run.plan.loops.map(
      ({ name }) => run.offered.filter(({ loop, outcome }) => loop === name && outcome === 'dropped').length,
    );
    expect([...run.simulation.droppedByLoop]).toEqual(dropped);
    expect(dropped.some((count) => count > 0)).toBe('backups' in options);
  });
});
