import { describe, expect, it, test } from 'vitest';
import type { Cluster } from '../../../devices/cluster.ts';
import type { CostModel } from '../../../devices/cost-model.ts';
import { add, relu } from '../../../graph/ops/elementwise.ts';
import { matmul } from '../../../graph/ops/matmul.ts';
import { authored, crossEntropy } from '../../../graph/zoo/author.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import type { Model } from '../../../graph/zoo/model.ts';
import { setting } from '../../../graph/zoo/settings.ts';
import { compilePlan } from '../../../sim/compile.ts';
import { simulate } from '../../../sim/engine.ts';
import type { Simulation } from '../../../sim/simulation.ts';
import { STRATEGIES } from '../../../sim/strategies/index.ts';
import { planBy } from '../../../sim/strategies/input.ts';
import { Row } from '../../../sim/trace.ts';
import { gpuCluster } from './replica-training.ts';

const WIDTH = 4;

/** Equal layers, each of one product: forward takes one, backward two, of the first layer too. */
const equalLayers: Model = authored(
  { name: 'equal-layers', description: 'of a test' },
  {
    settings: { layers: setting(8, 1, 64, 'Layers.') },
    body: (layers, batch, { layers: depth }) => {
      const { builder } = layers;
      const samples = layers.numbers('samples', [batch, WIDTH]);
      const labels = layers.integers('labels', [batch], WIDTH);
      let x = builder.add(add, [samples, layers.parameter('bias', [WIDTH])], {});
      for (let layer = 0; layer < depth; layer++) {
        const weights = layers.parameter(`weights${layer}`, [WIDTH, WIDTH], WIDTH, WIDTH);
        x = builder.add(relu, [builder.add(matmul, [x, weights], {})], {});
        if (layer < depth - 1) layers.boundary(x);
      }
      return { labels, logits: x, loss: crossEntropy(layers, x, labels) };
    },
  },
);

/** Products take a second per flop, all else takes no time; and links are free. */
const products: CostModel = (work) => (work.class === 'matmul' ? work.flops : 0);
function free(cluster: Cluster): Cluster {
  return { ...cluster, route: () => new Int32Array(0) };
}

interface Asked {
  readonly stages: number;
  readonly micro_batches: number;
  readonly schedule: string;
  readonly chunks?: number;
  readonly recompute?: string;
}

function simulated(options: Asked, batch = 16): Simulation {
  const { stages } = options;
  const cluster = free(gpuCluster(stages));
  const plan = planBy(STRATEGIES.pipeline, {
    model: equalLayers,
    batch,
    cluster,
    workers: stages,
    updates: 2,
    options: { ...options },
  });
  return simulate(compilePlan(plan, cluster, products), cluster, {
    memory: true,
    record: { from: 1, to: 2 },
  });
}

/** The share of the second step's time in which devices of the pipeline do nothing. */
function idleShare({ trace, updateSeconds }: Simulation, stages: number): number {
  let busy = 0;
  for (let row = 0; row < trace.length; row++) {
    if (trace.kind[row] === Row.node) busy += trace.end[row]! - trace.start[row]!;
  }
  return 1 - busy / (stages * (updateSeconds[1]! - updateSeconds[0]!));
}

describe('of equal stages, the share of the step in which a pipeline idles is (p − 1) / (v · m + p − 1)', () => {
  const cases = [1, 2, 4, 8].flatMap((stages) =>
    [1, 2, 4, 8, 16].flatMap((micro_batches) => [
      { schedule: 'gpipe', stages, micro_batches, chunks: 1 },
      { schedule: '1f1b', stages, micro_batches, chunks: 1 },
      ...[2, 4]
        .filter((chunks) => stages * chunks <= 8 && micro_batches % stages === 0)
        .map((chunks) => ({ schedule: 'interleaved', stages, micro_batches, chunks })),
    ]),
  );
  test.each(cases)('$schedule, p = $stages, m = $micro_batches, v = $chunks', (asked) => {
    const { stages, micro_batches, chunks } = asked;
    const expected = (stages - 1) / (chunks * micro_batches + stages - 1);
    expect(idleShare(simulated(asked), stages)).toBeCloseTo(expected, 9);
  });

  it.each(['stage', 'full'])(
    'with recomputation (%s) too, and the step is longer by a third',
    (recompute) => {
      const asked = { schedule: '1f1b', stages: 4, micro_batches: 8 };
      const plain = simulated(asked);
      const again = simulated({ ...asked, recompute });
      expect(idleShare(again, 4)).toBeCloseTo(3 / 11, 9);
      expect(again.seconds / plain.seconds).toBeCloseTo(4 / 3, 9);
    },
  );
});

describe('what the stages keep', () => {
  const stages = 4;
  const peaks = (asked: Partial<Asked>, batch: number): number[] => {
    const { memory } = simulated({ stages, micro_batches: 8, schedule: '1f1b', ...asked }, batch);
    return [...memory!.peakBytes].filter((_, device) => isGpu(stages, device)).slice(0, stages);
  };
  const size = 4096;
  /** Bytes of what enters a layer, or leaves it. */
  const value = size * WIDTH * 4;
  /** Of one micro-batch in a stage between the first and the last: what enters its first layer, and both ReLUs' results. */
  const activations = 3 * value;

  it('gpipe: the activations of all micro-batches', () => {
    const [less, more] = [4, 8].map((micro_batches) =>
      peaks({ schedule: 'gpipe', micro_batches }, micro_batches * size),
    );
    for (const stage of [1, 2]) expect(more![stage]! - less![stage]!).toBe(4 * activations);
  });

  it('1f1b: those of as many as there are stages to come, however many there are', () => {
    const [less, more] = [8, 16].map((micro_batches) => peaks({ micro_batches }, micro_batches * size));
    expect(more).toEqual(less);
    expect(less![1]! - less![2]!).toBe(activations);
    const all = peaks({ schedule: 'gpipe' }, 8 * size);
    // Stage 1 keeps those of 3 of 8, and what enters the next, which has come meanwhile.
    expect(all[1]! - less![1]!).toBe(5 * activations - value);
  });

  it('with recomputation: what enters the stage, and the activations of one', () => {
    const [less, more] = [4, 8].map((micro_batches) =>
      peaks({ schedule: 'gpipe', recompute: 'stage', micro_batches }, micro_batches * size),
    );
    for (const stage of [1, 2]) expect(more![stage]! - less![stage]!).toBe(4 * value);
  });
});

describe('feeds', () => {
  const placeholders = (model: Model, batch: number, micro_batches: number) => {
    const cluster = gpuCluster(2);
    const options = { stages: 2, micro_batches };
    const plan = planBy(STRATEGIES.pipeline, { model, batch, cluster, workers: 2, updates: 1, options });
    const { graph, device, devices } = plan.loops[0]!.template;
    return graph.name.flatMap((name, node) => {
      if (graph.op[node] !== 'Placeholder') return [];
      const { shape } = graph.spec[graph.outputStart[node]!]!;
      return [`${name} [${shape.join()}] on ${devices[device[node]!]!.replace('/job:worker/', '')}`];
    });
  };

  it('are of the whole batch, on the host of the stage that reads them', () => {
    expect(placeholders(equalLayers, 8, 4)).toEqual([
      'samples [8,4] on stage:0/device:CPU:0',
      'labels [8] on stage:1/device:CPU:0',
    ]);
  });

  it('are of each micro-batch where samples are no rows', () => {
    const model = MODELS['lstm-512-512']!;
    const names = placeholders(model, 4, 2).map((line) => line.replace(/ .*/, ''));
    expect(names).toEqual(['micro0/words', 'micro1/words', 'micro0/labels', 'micro1/labels']);
  });

  it('are the whole batch alone where it is one micro-batch', () => {
    expect(placeholders(equalLayers, 8, 1).map((line) => line.replace(/ .*/, ''))).toEqual([
      'samples',
      'labels',
    ]);
  });
});

function isGpu(hosts: number, device: number): boolean {
  return gpuCluster(hosts).devices[device]!.name.includes('GPU');
}
