import { describe, expect, it } from 'vitest';
import type { Profile, ProfiledKernel } from '../../../devices/profile.ts';
import { Session } from '../../../executor/session.ts';
import { graphWork, totalFlops } from '../../../graph/cost.ts';
import { executionOrder } from '../../../scenarios/local/cache-misses.ts';
import { calibrationLayers } from '../../../scenarios/local/layers.ts';
import { executedWork } from '../../../scenarios/local/local-cost.ts';
import { type LocalStep, localStep } from '../../../scenarios/local/local-step.ts';
import { authoredModel, LOCAL_MODELS, LOCAL_PARTITIONS } from '../../../scenarios/local/models.ts';
import { predictStep } from '../../../scenarios/local/predict-step.ts';
import { twoHalves } from '../../../scenarios/local/two-halves.ts';
import { scoreOf } from '../../../scenarios/local/validate.ts';

const MLP = { model: 'mnist-mlp', batch: 4 };

/** A profile in which each node of the step takes so many seconds. */
function profileOf({ program }: LocalStep, seconds: number, rest: Partial<Profile> = {}): Profile {
  const kernels = graphWork(program.program.p.graph).map((one): ProfiledKernel => {
    const { call, flops, bytesRead, bytesWritten, dtype, class: opClass, gemm } = executedWork(one);
    const plain = (tensors: NonNullable<typeof call>['inputs']) =>
      tensors.map((tensor) => ({ dtype: tensor.dtype, shape: [...tensor.shape] }));
    return {
      op: call!.op,
      class: opClass,
      dtype,
      inputs: plain(call!.inputs),
      outputs: plain(call!.outputs),
      flops,
      bytesRead,
      bytesWritten,
      ...(gemm && { gemm: { ...gemm } }),
      seconds,
    };
  });
  return {
    format: 'stepcast-profile/1',
    device: { id: 'synthetic', name: 'synthetic', kind: 'CPU', software: [] },
    dispatch: { nodeSeconds: 0, stepSeconds: 0 },
    memory: [],
    kernels,
    ...rest,
  };
}

describe('a step predicted by a profile', () => {
  const authored = authoredModel(MLP);
  const step = localStep(authored);
  const nodes = step.program.nodes.length;

  it('on one device is the sum of its nodes, of what they cost to dispatch, and of the step', () => {
    const dispatch = { nodeSeconds: 1e-6, stepSeconds: 3e-5 };
    const predicted = predictStep(step, profileOf(step, 1e-4, { dispatch }));
    expect(predicted / (nodes * 1.01e-4 + 3e-5)).toBeCloseTo(1, 3);
  });

  it('cut between two devices takes the messages between them besides, and never less than half', () => {
    const halves = localStep(authored, twoHalves(authored.graph, authored.loss));
    const exchange = (latencySeconds: number) => ({ latencySeconds, bytesPerSecond: 1e15, stepSeconds: 0 });
    const predict = (latency: number): number =>
      predictStep(halves, profileOf(halves, 1e-4, { exchange: exchange(latency) }));
    const total = halves.program.program.p.graph.nodeCount * 1e-4;
    expect(predict(0)).toBeGreaterThan(total / 2);
    expect(predict(0)).toBeLessThanOrEqual(total * 1.001);
    // Forward there and backward again: at least two messages one after the other.
    expect(predict(1e-2) - predict(0)).toBeGreaterThan(1.9e-2);
  });

  it('adds what misses the caches', () => {
    const memory = [
      { bytes: 1e2, bytesPerSecond: 1e11 },
      { bytes: 1e3, bytesPerSecond: 1e10 },
    ];
    const cached = predictStep(step, profileOf(step, 1e-5));
    const missed = predictStep(step, profileOf(step, 1e-5, { memory, missSecondsPerByte: { matmul: 1e-9 } }));
    // The 784 × 128 weights, at least, come from beyond so small a cache, for each of two products.
    expect(missed - cached).toBeGreaterThan(2 * 784 * 128 * 4 * 1e-9 * 0.9);
  });
});

describe('halves of a graph', () => {
  it('are both in use, and changes are where their variables are', () => {
    for (const model of LOCAL_PARTITIONS) {
      const { graph, loss } = authoredModel(model);
      const { deviceOf } = twoHalves(graph, loss);
      const flops = graphWork(graph).map((work) => work.flops);
      const on = (device: number): number =>
        flops.reduce((sum, one, node) => sum + (deviceOf[node] === device ? one : 0), 0);
      expect(Math.min(on(0), on(1)) / totalFlops(graph)).toBeGreaterThan(0.05);
      for (const [node, row] of graph.row.entries()) {
        if ((row.changes ?? 0) === 0) continue;
        expect(deviceOf[node]).toBe(deviceOf[graph.producer[graph.input[graph.inputStart[node]!]!]!]);
      }
    }
  });
});

describe('what validate local runs', () => {
  it('is at least twelve pairs of model and batch, and six partitions', () => {
    const words = new Set(LOCAL_MODELS.map((one) => JSON.stringify(one)));
    expect(words.size).toBeGreaterThanOrEqual(12);
    expect(LOCAL_PARTITIONS.length).toBeGreaterThanOrEqual(6);
  });

  it('is scored by the mean of relative errors', () => {
    const row = (predictedSeconds: number, measuredSeconds: number) => ({
      name: '',
      predictedSeconds,
      measuredSeconds,
    });
    const { meanError, bias } = scoreOf([row(1.1, 1), row(0.7, 1)]);
    expect(meanError).toBeCloseTo(0.2, 12);
    expect(bias).toBeCloseTo(-0.1, 12);
  });
});

describe('layers of calibration', () => {
  const limits = { mostFlops: 2e6, leastFlops: 1e4, mostBytes: 2 ** 22 };
  const layers = calibrationLayers(1, limits);

  it('are of every kind, within the limits, always the same, and run', () => {
    expect(new Set(layers.map(({ kind }) => kind)).size).toBe(10);
    const again = calibrationLayers(1, limits);
    for (const [i, layer] of layers.entries()) {
      expect(totalFlops(layer.graph)).toBeLessThanOrEqual(limits.mostFlops);
      expect(again[i]!.graph.spec).toEqual(layer.graph.spec);
      const step = localStep(layer);
      const order = executionOrder(step.program);
      expect(order.length).toBe(step.program.nodes.length);
      const [loss] = new Session(step.graph).run(step.request);
      expect(Number.isFinite(Number(loss!.data[0]))).toBe(true);
    }
  });
});
