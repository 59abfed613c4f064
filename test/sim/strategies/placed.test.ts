import { describe, expect, it } from 'vitest';
import { stream } from '../../../base/random.ts';
import { findDevice, findLink } from '../../../devices/catalog/index.ts';
import type { Cluster } from '../../../devices/cluster.ts';
import { buildCluster } from '../../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import { PlanExecutor } from '../../../executor/plan-executor.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import type { VariableAttrs } from '../../../graph/ops/state.ts';
import { transferKey } from '../../../graph/partition.ts';
import type { Plan } from '../../../graph/plan.ts';
import { numbers, type Tensor, tensor } from '../../../graph/tensor.ts';
import { elementCount } from '../../../graph/tensor-spec.ts';
import { MODELS } from '../../../graph/zoo/index.ts';
import type { Model } from '../../../graph/zoo/model.ts';
import { configured } from '../../../graph/zoo/settings.ts';
import { PLACERS } from '../../../placement/index.ts';
import { compilePlan } from '../../../sim/compile.ts';
import { simulate } from '../../../sim/engine.ts';
import { planBy } from '../../../sim/strategies/input.ts';
import { modelParallel } from '../../../sim/strategies/placed.ts';
import type { Strategy } from '../../../sim/strategies/strategy.ts';
import { gpuCluster } from './replica-training.ts';

const STRATEGY = modelParallel as unknown as Strategy;
const UPDATES = 3;

const MODELS_OF: { readonly [name: string]: Model } = {
  'speech-dnn': configured(MODELS['speech-dnn']!, { inputs: 6, hidden: 7, layers: 2, classes: 5 }),
  'locally-connected': configured(MODELS['locally-connected']!, {
    image: 17,
    maps: 2,
    window: 3,
    pool: 2,
    last_pool: 3,
    classes: 5,
  }),
};

function hosts(count: number): Cluster {
  const [cpu, nic] = [findDevice('xeon-e5-2699v3'), findLink('eth-10g')];
  return buildCluster({ jobs: [{ name: 'worker', tasks: count, cpu, nic }] });
}

function planOf(model: Model, workers: number, placer = 'hints', place?: () => Int32Array): Plan {
  return planBy(STRATEGY, {
    model,
    batch: 2,
    cluster: hosts(workers),
    workers,
    computesOn: 'CPU',
    learningRate: 0.5,
    updates: UPDATES,
    options: { placer },
    place,
  });
}

/** What the whole model is fed with: labels of each class, numbers from −1 to 1. */
function wholeFeed(model: Model, name: string, step: number): Tensor {
  const { feeds } = model.build(new GraphBuilder(), { batch: 2, dtype: 'float32' });
  const { value, below } = feeds.find((feed) => feed.value.node.name === name)!;
  const { dtype, shape } = value.spec;
  const draws = stream(5, name, String(step));
  const draw = () => (below === undefined ? draws.uniform() * 2 - 1 : draws.below(below));
  return tensor(dtype, shape, Array.from({ length: elementCount(shape) }, draw));
}

/** The pixels of an image network that part `part` of `across`×… parts sees first: of its share of the windows' positions. */
function tileOf(image: Tensor, part: number, parts: number, window: number): Tensor {
  let down = Math.floor(Math.sqrt(parts));
  while (parts % down !== 0) down--;
  const across = parts / down;
  const [n, c, height, width] = image.spec.shape as [number, number, number, number];
  const range = (extent: number, share: number, of: number): [number, number] => {
    const positions = extent - window + 1;
    return [Math.floor((share * positions) / of), Math.floor(((share + 1) * positions) / of) + window - 1];
  };
  const rows = range(height, Math.floor(part / across), down);
  const columns = range(width, part % across, across);
  const all = numbers(image);
  const values: number[] = [];
  for (let plane = 0; plane < n * c; plane++) {
    for (let y = rows[0]; y < rows[1]; y++) {
      for (let x = columns[0]; x < columns[1]; x++) values.push(all[(plane * height + y) * width + x]!);
    }
  }
  return tensor('float32', [n, c, rows[1] - rows[0], columns[1] - columns[0]], values);
}

/** Parameters after the updates, those of parts put together; by the name that they have in the whole model. */
function trained(model: Model, plan: Plan, workers: number): Map<string, number[]> {
  const executor = new PlanExecutor(plan, {
    seed: 1,
    feed: (placeholder, _replica, step) => {
      const [, part, name = placeholder] = /^part(\d+)\/(.+)$/.exec(placeholder) ?? [];
      const whole = wholeFeed(model, name, step);
      return name === 'samples' && part !== undefined ? tileOf(whole, Number(part), workers, 3) : whole;
    },
  });
  const cluster = hosts(workers);
  simulate(compilePlan(plan, cluster, kernelSeconds), cluster, {
    onStart: (loop, node, iteration) => executor.start(loop, node, iteration),
  });
  const { graph } = plan.loops[0]!.template;
  const found = new Map<string, number[]>();
  for (let node = 0; node < graph.nodeCount; node++) {
    if (graph.op[node] !== 'Variable') continue;
    const {
      shape,
      whole = shape,
      origin = shape.map(() => 0),
    } = graph.attrs[node] as unknown as VariableAttrs;
    const name = graph.name[node]!.replace(/part\d+\//, '');
    const all = found.get(name) ?? new Array<number>(elementCount(whole)).fill(Number.NaN);
    for (const [i, value] of numbers(executor.variables.readVariable(graph.name[node]!)!).entries()) {
      let [place, rest, stride] = [0, i, 1];
      for (let axis = shape.length - 1; axis >= 0; axis--) {
        place += ((rest % shape[axis]!) + origin[axis]!) * stride;
        rest = Math.floor(rest / shape[axis]!);
        stride *= whole[axis]!;
      }
      expect(all[place]).toBeNaN();
      all[place] = value;
    }
    found.set(name, all);
  }
  return found;
}

function expectEqual(actual: Map<string, number[]>, expected: Map<string, number[]>): void {
  expect([...actual.keys()].sort()).toEqual([...expected.keys()].sort());
  for (const [name, values] of expected) {
    for (const [i, value] of values.entries()) {
      expect(Math.abs(actual.get(name)![i]! - value), `${name} ${i}`).toBeLessThan(1e-5);
    }
  }
}

describe.each(Object.entries(MODELS_OF))('%s', (_name, model) => {
  const alone = trained(model, planOf(model, 1), 1);

  // 7 units and 5 classes do not divide evenly; of 11 parts some have none.
  it.each([2, 3, 4, 6, 11])('in %i parts has the numbers of one device', (workers) => {
    expectEqual(trained(model, planOf(model, workers), workers), alone);
  });

  it('has every parameter on the worker of its part', () => {
    const { graph, device, devices } = planOf(model, 4).loops[0]!.template;
    for (let node = 0; node < graph.nodeCount; node++) {
      if (graph.op[node] !== 'Variable' && graph.op[node] !== 'ApplyGradientDescent') continue;
      const part = /part(\d+)/.exec(graph.name[node]!)![1];
      expect(devices[device[node]!]).toBe(`/job:worker/task:${part}/device:CPU:0`);
    }
  });
});

describe('what parts send each other', () => {
  /** Bytes from one part to another, by the names of the tensors; both ways of a step. */
  function sent(model: Model, workers: number): { key: string; bytes: number }[] {
    const { template } = planOf(model, workers).loops[0]!;
    return Array.from({ length: template.transferCount }, (_, t) => ({
      key: transferKey(template, t),
      bytes: template.transferBytes[t]!,
    }));
  }
  const sum = (rows: readonly { bytes: number }[]): number => rows.reduce((all, { bytes }) => all + bytes, 0);

  it('fully connected: the activations of each layer, all to all, and as much back', () => {
    // Two rows of 8 units, 4 bytes each: each part gets the 6 units of three others, and sends their gradients.
    const model = configured(MODELS['speech-dnn']!, { inputs: 6, hidden: 8, layers: 2, classes: 8 });
    const rows = sent(model, 4);
    const activations = rows.filter(({ key }) => /^(hidden2|softmax)\/part\d\/from\d:/.test(key));
    const slopes = rows.filter(({ key }) => /^gradients\/(hidden2|softmax)\/part\d\/Concat\/Slice/.test(key));
    expect(activations).toHaveLength(2 * 4 * 3);
    expect(sum(activations)).toBe(2 * 4 * (2 * 6 * 4));
    expect([slopes.length, sum(slopes)]).toEqual([activations.length, sum(activations)]);
    // Of the softmax two numbers per row and part, and their gradients: no logits.
    const rest = rows.filter((row) => !activations.includes(row) && !slopes.includes(row));
    expect(Math.max(...rest.map(({ bytes }) => bytes))).toBeLessThanOrEqual(2 * 4);
  });

  it('locally connected: the borders, which are those of the windows', () => {
    // 4 parts, 2×2; 2 maps, 2 images, 4 bytes. Filters of stage 2: 14×14 pixels below, tiles of 7×7, windows of 3; 12×12
    // positions, 6×6 each, which see 8×8.
    const rows = sent(MODELS_OF['locally-connected']!, 4);
    const received = (layer: string, part: number): number =>
      sum(rows.filter(({ key }) => key.startsWith(`${layer}/part${part}/from`)));
    const [bytes, maps] = [2 * 4, 2];
    for (let part = 0; part < 4; part++) {
      expect(received('stage2/filters', part)).toBe((8 * 8 - 7 * 7) * maps * bytes);
    }
    // Pooling: 12×12 pixels below, tiles of 6×6, windows of 2; 11 positions, 5 and 6, which see 6 and 7.
    expect(received('stage2/pool', 0)).toBe(0);
    expect(received('stage2/pool', 3)).toBe((7 * 7 - 6 * 6) * maps * bytes);
    // Contrast: 11×11 pixels, tiles of 5 and 6; part 2 sees two rows above and two columns on the right, of two moments.
    expect(received('stage2/contrast', 2)).toBe((8 * 7 - 6 * 5) * 2 * bytes);
  });
});

describe('by a placer', () => {
  const model = MODELS['mnist-mlp']!;

  it('of those that there are', () => {
    expect(modelParallel.options.placer.choices).toEqual(['hints', ...Object.keys(PLACERS)]);
  });

  it('the whole model is cut op by op, on the devices of the workers alone', () => {
    let asked: Cluster | undefined;
    const plan = planBy(STRATEGY, {
      model,
      batch: 2,
      cluster: hosts(5),
      workers: 2,
      computesOn: 'CPU',
      updates: 1,
      options: { placer: 'round-robin' },
      place: (_placer, graph, cluster) => {
        asked = cluster;
        return Int32Array.from({ length: graph.nodeCount }, (_, node) => graph.colocation[node]! % 2);
      },
    });
    expect(asked!.devices.map(({ name }) => name)).toEqual([
      '/job:worker/task:0/device:CPU:0',
      '/job:worker/task:1/device:CPU:0',
    ]);
    expect(plan.loops[0]!.template.transferCount).toBeGreaterThan(0);
  });

  it('has the numbers of one device too', () => {
    const place = (_name?: string, graph?: { nodeCount: number; colocation: Int32Array }) =>
      Int32Array.from({ length: graph!.nodeCount }, (_, node) => graph!.colocation[node]! % 3);
    const cut = planOf(model, 3, 'greedy', place as never);
    expectEqual(trained(model, cut, 3), trained(model, planOf(model, 1), 1));
  });
});

describe('refusals', () => {
  it('a model that does not say how it may be cut', () => {
    expect(() => planOf(MODELS['mnist-mlp']!, 2)).toThrow(
      'mnist-mlp does not say how it may be cut into parts; name a placer, e.g. greedy',
    );
    expect(planOf(MODELS['mnist-mlp']!, 1).loops).toHaveLength(1);
  });

  it('more workers than a graph can be made for', () => {
    expect(() => planOf(MODELS['speech-dnn']!, 257)).toThrow(
      'one replica is spread over at most 256 workers',
    );
  });
});

it('inputs come from the host of the worker that takes them', () => {
  const plan = planBy(STRATEGY, {
    model: MODELS_OF['speech-dnn']!,
    batch: 2,
    cluster: gpuCluster(2),
    workers: 2,
    updates: UPDATES,
  });
  const { graph, device, devices } = plan.loops[0]!.template;
  const kinds = new Map(graph.op.map((op, node) => [`${op} ${devices[device[node]!]}`, op]));
  const on = (kind: string): string[] =>
    [...kinds].filter(([key]) => key.includes(`device:${kind}`)).map(([, op]) => op);
  expect(new Set(on('CPU'))).toEqual(new Set(['Placeholder']));
  expect(on('GPU')).not.toContain('Placeholder');
  expect(on('GPU').filter((op) => op === 'MatMul')).toHaveLength(2);
});
