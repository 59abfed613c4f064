import { beforeAll, describe, expect, test } from 'vitest';
import { findDevice, findNode } from '../../devices/catalog/index.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { graphWork } from '../../graph/cost.ts';
import { INFERENCE_MODELS, MODELS } from '../../graph/zoo/index.ts';
import { inferenceGraph, inferenceStep } from '../../scenarios/inference-step.ts';
import { loadScenario, parseScenario } from '../../scenarios/load.ts';
import type { InferenceExperiment, InferenceRun, Results } from '../../scenarios/results.ts';
import { parseResults } from '../../scenarios/results-schema.ts';
import { runScenario } from '../../scenarios/run.ts';

describe('a forward pass', () => {
  const choice = { network: INFERENCE_MODELS.lstm0!, batch: 64, precision: undefined };
  const graph = inferenceGraph(choice);
  const tpu = findDevice('tpu-v1');
  const kernels = graphWork(graph).map((work) => kernelSeconds(work, tpu));
  const sum = kernels.reduce((total, seconds) => total + seconds, 0);

  test('is its kernels, one after another', () => {
    expect(inferenceStep(graph, tpu).seconds).toBeCloseTo(sum, 12);
    expect(inferenceStep(graph, tpu, { kernelFactor: 2 }).seconds).toBeCloseTo(2 * sum, 12);
  });

  test('waits for the host where that issues ops more slowly than the device computes them', () => {
    const launched = graphWork(graph).filter((work) => work.class !== 'none').length;
    const slow = inferenceStep(graph, tpu, { dispatchSeconds: 1e-3 }).seconds;
    expect(slow).toBeGreaterThanOrEqual(launched * 1e-3);
    expect(slow).toBeLessThan(launched * 1e-3 + sum);
  });

  test('of an 8-bit network in floating point has the same weights and multiplications', () => {
    const inFloat = inferenceGraph({ ...choice, precision: 'float32' });
    const macs = (of: typeof graph): number =>
      graphWork(of).reduce(
        (total, { gemm }) => total + (gemm === undefined ? 0 : gemm.m * gemm.n * gemm.k),
        0,
      );
    expect(macs(inFloat)).toBe(macs(graph));
    expect(new Set(inFloat.spec.map(({ dtype }) => dtype))).toEqual(new Set(['float32']));
    expect(() => inferenceStep(inFloat, tpu)).toThrow(/tpu-v1 has no kernels for .* in float32/);
  });

  test('has no 8-bit form where the network trains', () => {
    const wrong = { network: MODELS['lenet-5']!, batch: 1, precision: 'int8' as const };
    expect(() => inferenceGraph(wrong)).toThrow(/lenet-5 has no 8-bit form; choose float32/);
  });
});

describe('scenarios/tpu-inference.yaml', () => {
  let results: Results;
  let experiment: InferenceExperiment;
  beforeAll(async () => {
    results = await runScenario(loadScenario('scenarios/tpu-inference.yaml'), { seed: 1 });
    experiment = results.inference![0]!;
  });
  const of = (server: string): InferenceRun[] => experiment.runs.filter((run) => run.server === server);

  test('each server has every batch, all of its devices and its power', () => {
    expect(of('server-tpu-v1')).toHaveLength(7);
    expect(of('server-tpu-v1')[0]).toMatchObject({
      devices: 4,
      watts: findNode('server-tpu-v1').powerWatts!.value,
    });
    expect(of('server-k80-4')[0]!.devices).toBe(8);
    // Two processors as one device.
    expect(of('server-haswell')[0]!.devices).toBe(1);
  });

  test('what is served within the latency is less than what is served at most', () => {
    for (const {
      samplesPerSecond,
      boundedSamplesPerSecond,
      batch,
      batchSeconds,
      devices,
    } of experiment.runs) {
      expect(samplesPerSecond).toBeCloseTo((devices * batch) / batchSeconds, 6);
      if (boundedSamplesPerSecond !== null) expect(boundedSamplesPerSecond).toBeLessThan(samplesPerSecond);
    }
  });

  test('servers come in the order that was measured, per watt too', () => {
    const best = (server: string): InferenceRun =>
      of(server).reduce((most, run) =>
        (run.boundedSamplesPerSecond ?? 0) > (most.boundedSamplesPerSecond ?? 0) ? run : most,
      );
    const [haswell, k80, tpu] = ['server-haswell', 'server-k80-4', 'server-tpu-v1'].map((server) => {
      const { boundedSamplesPerSecond, watts } = best(server);
      return boundedSamplesPerSecond! / watts!;
    }) as [number, number, number];
    // Section 5: of whole servers, K80 1.2 to 2.1 and TPU 17 to 34 times as much per watt as Haswell.
    expect(k80 / haswell).toBeGreaterThan(1);
    expect(k80 / haswell).toBeLessThan(4);
    expect(tpu / haswell).toBeGreaterThan(8);
    expect(tpu / haswell).toBeLessThan(70);
  });

  test('results are read back, and the answer is one sentence of them', () => {
    expect(parseResults(JSON.parse(JSON.stringify(results)), 'results.json')).toEqual(results);
    expect(results.answers[0]).toMatch(/^MLP0 within 7 ms: server-tpu-v1 in int8 serves most, .* per watt/);
  });
});

const SMALL = `title: Small
cluster: { workers: { cpu: xeon-e5-2699v3 }, network: { link: eth-10g } }
experiments:
  - { kind: inference, name: a, model: { name: lenet-5 }, batches: [1, 8], servers: [{ device: v100 }] }
`;

describe('mistakes', () => {
  const told = (from: string, to: string) => () => parseScenario(SMALL.replace(from, to), 'a.yaml');

  test('say where, what and the nearest choice', () => {
    expect(told('{ device: v100 }', '{}')).toThrow(/servers\.0.*set either device or node/);
    expect(told('{ device: v100 }', '{ device: v101 }')).toThrow(/unknown device "v101".*v100/);
    expect(told('{ device: v100 }', '{ device: v100, precision: int8 }')).toThrow(
      /lenet-5 has no 8-bit form/,
    );
    expect(told('{ device: v100 }', '{ device: tpu-v1 }')).toThrow(
      /tpu-v1 has no float32 arithmetic for lenet-5; it has int8/,
    );
    expect(told('batches: [1, 8]', 'batches: []')).toThrow(/batches/);
    expect(told('batches: [1, 8]', 'batches: [1, 8], latency: 7 GB')).toThrow(/latency/);
  });

  test('without a latency devices are always busy', async () => {
    const { inference, answers } = await runScenario(parseScenario(SMALL, 'a.yaml'), { seed: 1 });
    expect(inference![0]!.runs.map((run) => run.boundedSamplesPerSecond)).toEqual([null, null]);
    expect(answers[0]).toMatch(/a: v100 in float32 serves most, .* inferences\/s, in batches of 8/);
  });
});
