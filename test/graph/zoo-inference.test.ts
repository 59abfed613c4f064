import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { findDevice } from '../../devices/catalog/index.ts';
import { Session } from '../../executor/session.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import type { Graph } from '../../graph/graph.ts';
import { tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { INFERENCE_MODELS } from '../../graph/zoo/index.ts';
import type { InferenceOutputs } from '../../graph/zoo/model.ts';
import type { SettingValues } from '../../graph/zoo/settings.ts';
import { inferenceStep } from '../../scenarios/inference-step.ts';

function authored(
  name: string,
  batch: number,
  settings: SettingValues = {},
): InferenceOutputs & { readonly graph: Graph } {
  const builder = new GraphBuilder();
  const outputs = INFERENCE_MODELS[name]!.with(settings).build(builder, { batch, dtype: 'float32' });
  return { ...outputs, graph: builder.finish() };
}

/** Multiply-adds of one run. */
function macsOf(graph: Graph): number {
  let macs = 0;
  for (const { gemm } of graphWork(graph)) macs += gemm === undefined ? 0 : gemm.m * gemm.n * gemm.k;
  return macs;
}

interface Row {
  readonly batch: number;
  /** Fully connected layers, convolutions, poolings. */
  readonly fc: number;
  readonly conv: number;
  readonly pool: number;
  readonly weights: number;
  /** "TPU ops / weight byte": multiply-adds. */
  readonly opsPerByte: number;
  /** Table 3: TeraOps per second measured on the TPU. */
  readonly tops: number;
}

/** Jouppi et al., ISCA 2017, tables 1 and 3. */
const PAPER: readonly (readonly [string, Row])[] = [
  ['mlp0', { batch: 200, fc: 5, conv: 0, pool: 0, weights: 20e6, opsPerByte: 200, tops: 12.3 }],
  ['mlp1', { batch: 168, fc: 4, conv: 0, pool: 0, weights: 5e6, opsPerByte: 168, tops: 9.7 }],
  ['lstm0', { batch: 64, fc: 24, conv: 0, pool: 0, weights: 52e6, opsPerByte: 64, tops: 3.7 }],
  ['lstm1', { batch: 96, fc: 37, conv: 0, pool: 0, weights: 34e6, opsPerByte: 96, tops: 2.8 }],
  ['cnn0', { batch: 8, fc: 0, conv: 16, pool: 0, weights: 8e6, opsPerByte: 2888, tops: 86.0 }],
  ['cnn1', { batch: 32, fc: 4, conv: 72, pool: 13, weights: 100e6, opsPerByte: 1750, tops: 14.1 }],
];

describe.each(PAPER)('%s of the TPU paper', (name, { batch, fc, conv, pool, weights, opsPerByte, tops }) => {
  const made = authored(name, batch);
  const { graph } = made;
  const bytes = made.weights.reduce((sum, { spec }) => sum + elementCount(spec.shape), 0);
  const count = (op: string): number => graph.op.filter((name_) => name_ === op).length;
  // Fully connected layers over rows of features are convolutions with one position.
  const overRows = graph.op.filter(
    (op, node) =>
      op === 'ConvInteger' && elementCount(graph.spec[graph.outputStart[node]!]!.shape.slice(2)) === 1,
  ).length;

  it('has its layers, weights and operations per weight byte', () => {
    const counted = [count('MatMulInteger') + overRows, count('ConvInteger') - overRows, count('MaxPool')];
    expect(counted).toEqual([fc, conv, pool]);
    expect(new Set(made.weights.map(({ spec }) => spec.dtype))).toEqual(new Set(['int8']));
    expect(Math.abs(bytes / weights - 1)).toBeLessThan(0.012);
    expect(Math.abs(macsOf(graph) / bytes / opsPerByte - 1)).toBeLessThan(0.006);
  });

  it('computes in nothing that the TPU lacks, and about as fast as measured', () => {
    const { seconds } = inferenceStep(graph, findDevice('tpu-v1'));
    const ours = (2 * macsOf(graph)) / seconds / 1e12;
    // CNN1's counters, which its widths follow, say 20.6 where its production had 14.1.
    const measured = name === 'cnn1' ? 20.6 : tops;
    expect(Math.abs(ours / measured - 1)).toBeLessThan(0.2);
  });
});

const COMPUTED: readonly (readonly [string, SettingValues])[] = [
  ['mlp1', {}],
  ['lstm0', { units: 16 }],
  ['cnn0', { filters: 16 }],
];

it.each(COMPUTED)(
  '%s computes 8-bit numbers that are neither all zero nor all saturated',
  (name, settings) => {
    const { graph, feeds, result } = authored(name, 2, settings);
    const inputs = feeds.map(({ value }) => {
      const draws = stream(1, value.node.name);
      const values = Array.from({ length: elementCount(value.spec.shape) }, () => draws.below(256) - 128);
      return [value.node.name, tensor('int8', value.spec.shape, values)] as const;
    });
    const fetches = [`${result.node.name}:0`];
    const [output] = new Session(graph, { seed: 1 }).run({ fetches, feeds: Object.fromEntries(inputs) });
    const values = [...output!.data].map(Number);
    expect(output!.spec).toEqual(result.spec);
    expect(values.filter((value) => value !== 0 && Math.abs(value) < 127).length).toBeGreaterThan(
      values.length / 10,
    );
  },
);
