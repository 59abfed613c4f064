import { describe, expect, test } from 'vitest';
import type { Backend } from '../../../executor/backend.ts';
import { wasmExecutor } from '../../../executor/wasm/executor.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import type { VariableAttrs } from '../../../graph/ops/state.ts';
import { gradientDescent } from '../../../graph/optimizers/gradient-descent.ts';
import { momentum } from '../../../graph/optimizers/momentum.ts';
import type { Plan } from '../../../graph/plan.ts';
import { elementCount } from '../../../graph/tensor-spec.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import type { Model } from '../../../graph/zoo/model.ts';
import { STRATEGIES } from '../../../sim/strategies/index.ts';
import { planBy } from '../../../sim/strategies/input.ts';
import { placeInWhole } from '../../scenarios/ranks.ts';
import { distance, gpuCluster, trainedAlone, trainedCopies, type Values } from './replica-training.ts';

const tinyGpt = MODELS.gpt!.with({ layers: 4, width: 8, heads: 4, length: 4, vocabulary: 12 });
const UPDATES = 2;

/** Two branches that join late, so that one value alone crosses only there; with a table. */
const twoInputs = MODELS['wide-deep']!.with({
  categories: 2,
  values: 9,
  numbers: 3,
  embedding: 2,
  crossed_values: 9,
});

type Options = { readonly [key: string]: number | string | boolean };

function meshOf(model: Model, workers: number, batch: number, options: Options, backend?: Backend) {
  // Three GPUs per host, so that pipelines cross hosts at different stages.
  const cluster = gpuCluster(Math.ceil(workers / 3), 3);
  const plan = planBy(STRATEGIES.mesh, {
    model,
    batch,
    cluster,
    workers,
    updates: UPDATES + 1,
    options,
  });
  return { plan, copies: trainedCopies(plan, cluster, model, { batch, backend }) };
}

/** The parameters of replica `data`, put together from those of its tensor ranks, each element at its place in the whole. */
function replicaValues({ loops }: Plan, copies: ReadonlyMap<string, Values>, data: number): Values {
  const whole = new Map<string, Float64Array>();
  for (const { scope = '', template } of loops.filter((loop) => loop.data === data)) {
    const { graph } = template;
    for (const [name, values] of copies.get(scope)!) {
      if (isState(name)) continue;
      const attrs = graph.attrs[graph.name.indexOf(name)] as unknown as VariableAttrs;
      const all =
        whole.get(name) ?? new Float64Array(elementCount(attrs.whole ?? attrs.shape)).fill(Number.NaN);
      for (const [i, value] of values.entries()) {
        const at = placeInWhole(attrs, i);
        // What ranks or stages have alike stays alike.
        if (!Number.isNaN(all[at])) expect(Math.abs(all[at]! - value)).toBeLessThan(1e-6);
        all[at] = value;
      }
      whole.set(name, all);
    }
  }
  return whole;
}

/** What an optimizer keeps beside the parameters. */
function isState(name: string): boolean {
  return /\/(master|Momentum)$/.test(name);
}

function expectTrainedAlone(model: Model, workers: number, batch: number, options: Options): void {
  const { plan, copies } = meshOf(model, workers, batch, options);
  const optimizer =
    options.optimizer === 'momentum' ? momentum({ learningRate: 0.1, momentum: 0.9 }) : gradientDescent(0.1);
  const replicas = 1 + Math.max(...plan.loops.map(({ data = 0 }) => data));
  const alone = trainedAlone(model, optimizer, { batch, replicas, updates: UPDATES });
  for (let data = 0; data < replicas; data++) {
    const trained = replicaValues(plan, copies, data);
    expect(distance(alone, trained)).toBeLessThan(1e-5);
    for (const [name, values] of trained) {
      const copied = /^(.+)\/stage\d+$/.exec(name)?.[1];
      if (copied !== undefined) expect(values).toEqual(trained.get(copied));
    }
  }
}

describe('a pipeline has the numbers of one device', () => {
  const cases: Options[] = [
    { pipeline: 1, micro_batches: 4 },
    { pipeline: 2, micro_batches: 1 },
    ...['gpipe', '1f1b'].flatMap((schedule) => [
      { schedule, pipeline: 2, micro_batches: 4, recompute: 'full' },
      { schedule, pipeline: 4, micro_batches: 2, recompute: 'stage' },
      { schedule, pipeline: 4, micro_batches: 4, recompute: 'none' },
    ]),
    { schedule: '1f1b', pipeline: 3, micro_batches: 2, recompute: 'selective' },
    { schedule: 'interleaved', chunks: 2, pipeline: 2, micro_batches: 2, recompute: 'none' },
    { schedule: 'interleaved', chunks: 2, pipeline: 2, micro_batches: 4, recompute: 'full' },
    { schedule: 'interleaved', chunks: 4, pipeline: 1, micro_batches: 4, recompute: 'selective' },
  ];
  test.each(cases)('%o', (options) => {
    expectTrainedAlone(tinyGpt, Number(options.pipeline), 4, options);
  });

  test('where the model does not say how it may be cut', () => {
    const { cuts } = twoInputs.build(new GraphBuilder(), { batch: 2, dtype: 'float32' });
    expect(cuts ?? []).toHaveLength(0);
    expectTrainedAlone(twoInputs, 3, 4, { pipeline: 3, micro_batches: 2, recompute: 'full' });
  });
});

describe('a mesh has the numbers of one device with the whole batch', () => {
  const cases: { data: number; options: Options }[] = [
    { data: 1, options: { tensor: 2, pipeline: 1 } },
    { data: 2, options: { tensor: 1, pipeline: 2, micro_batches: 2 } },
    { data: 1, options: { tensor: 2, pipeline: 2, micro_batches: 2, recompute: 'full' } },
    {
      data: 2,
      options: { tensor: 2, pipeline: 2, micro_batches: 2, sequence: true, recompute: 'selective' },
    },
    { data: 2, options: { tensor: 2, pipeline: 2, micro_batches: 2, chunks: 2, schedule: 'interleaved' } },
    { data: 1, options: { tensor: 4, pipeline: 4, micro_batches: 2, schedule: 'gpipe' } },
    { data: 3, options: { tensor: 2, pipeline: 1, sequence: true, bucket: 1000 } },
    { data: 2, options: { tensor: 2, pipeline: 2, micro_batches: 2, zero: 1 } },
    { data: 2, options: { tensor: 1, pipeline: 2, micro_batches: 2, optimizer: 'momentum' } },
  ];
  test.each(cases)('%o', ({ data, options }) => {
    expectTrainedAlone(tinyGpt, Number(options.tensor) * Number(options.pipeline) * data, 2, options);
  });
});

test('the numbers do not depend on threads, nor on what only changes the times', () => {
  const options = { tensor: 2, pipeline: 2, micro_batches: 2 };
  const trained = (more: Options, threads: number): Values => {
    const backend = wasmExecutor({ threads, leastShared: 0 });
    try {
      backend.start();
      const { plan, copies } = meshOf(tinyGpt, 8, 2, { ...options, ...more }, backend);
      return replicaValues(plan, copies, 1);
    } finally {
      backend.close();
    }
  };
  const expected = trained({}, 1);
  expect(trained({}, 3)).toEqual(expected);
  expect(trained({ overlap: false, algorithm: 'tree', recompute: 'full' }, 2)).toEqual(expected);
});

test('merged ops, and stages on the CPUs of hosts, have the same numbers', () => {
  const options = { tensor: 1, pipeline: 3, micro_batches: 2, recompute: 'selective' };
  const cluster = gpuCluster(3);
  const run = { model: tinyGpt, batch: 4, cluster, workers: 3, updates: UPDATES + 1, options };
  const alone = trainedAlone(tinyGpt, gradientDescent(0.1), { batch: 4, replicas: 1, updates: UPDATES });
  for (const more of [{ workerFuses: true }, { computesOn: 'CPU' }]) {
    const plan = planBy(STRATEGIES.mesh, { ...run, ...more });
    const { graph, devices } = plan.loops[0]!.template;
    if ('workerFuses' in more) expect(graph.op).toContain('Fused');
    else expect(devices).toHaveLength(3);
    const trained = replicaValues(plan, trainedCopies(plan, cluster, tinyGpt, { batch: 4 }), 0);
    expect(distance(alone, trained)).toBeLessThan(1e-5);
  }
});
