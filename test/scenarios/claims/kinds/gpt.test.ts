import { describe, expect, it } from 'vitest';
import { CATALOG, type Catalog } from '../../../../devices/catalog/catalog.ts';
import { kernelSeconds } from '../../../../devices/kernels/index.ts';
import { MODELS } from '../../../../graph/zoo/index.ts';
import { valuesOf } from '../../../../graph/zoo/settings.ts';
import { type GptFields, gpt } from '../../../../scenarios/claims/kinds/gpt.ts';
import { clusterSchema } from '../../../../scenarios/cluster-schema.ts';
import { experimentCluster } from '../../../../scenarios/experiment-cluster.ts';
import { compilePlan } from '../../../../sim/compile.ts';
import { simulate } from '../../../../sim/engine.ts';
import { STRATEGIES } from '../../../../sim/strategies/index.ts';
import { planBy } from '../../../../sim/strategies/input.ts';

const cluster = clusterSchema.parse({ workers: { node: 'dgx-a100-80gb' } });

/** A stack that adds nothing to the kernels, as the simulator runs a plan by default. */
const bare: Catalog = {
  ...CATALOG,
  stack: (id) => {
    const stack = CATALOG.stack(id);
    const none = { ...stack.stepSeconds, value: 0 };
    const { networkShare: _share, measuredBlocks: _blocks, dropoutPercent: _dropout, ...others } = stack;
    return { ...others, dispatchSeconds: none, stepSeconds: none, fusesElementwise: false };
  },
};

const size = { layers: 8, hidden: 1024, heads: 16, sequence: 1024, vocabulary: 51_200 };
const fieldsOf = (more: Partial<GptFields>): GptFields =>
  gpt.fields.parse({ ...size, workers: 1, batch: 8, recompute: 'full', stack: 'megatron', ...more });
const predicted = (fields: GptFields, catalog = bare): number =>
  gpt.predict(fields, { cluster, catalog, kernelFactor: 1 }).seconds;

/** All nodes of a step, simulated. */
function simulated(fields: GptFields): number {
  const { workers, tensor, pipeline, batch, micro_batch, recompute, chunks } = fields;
  const data = workers / (tensor * pipeline);
  const { layers, hidden: width, heads, sequence: length, vocabulary } = fields;
  const model = MODELS.gpt!.with({
    ...valuesOf(MODELS.gpt!.settings),
    layers,
    width,
    heads,
    length,
    vocabulary,
  });
  const built = experimentCluster(cluster, Math.ceil(workers / 8), 0);
  const plan = planBy(STRATEGIES.mesh, {
    model,
    batch: batch / data,
    dtype: 'float16',
    cluster: built,
    workers,
    alike: true,
    options: {
      ...{
        tensor,
        pipeline,
        recompute,
        micro_batches: batch / data / micro_batch,
        overlap: false,
        optimizer: 'adam',
      },
      ...(chunks > 1 && { schedule: 'interleaved', chunks }),
    },
    updates: 3,
  });
  const { updateSeconds } = simulate(compilePlan(plan, built, kernelSeconds), built, {});
  return updateSeconds.at(-1)! - updateSeconds.at(-2)!;
}

describe('the condensed step is that of the simulator', () => {
  it.each<[string, Partial<GptFields>, number]>([
    ['one device, one micro-batch', { micro_batch: 8 }, 0.02],
    ['one device, four micro-batches', { micro_batch: 2 }, 0.02],
    // The simulator lets a gradient's exchange run beside the next product; here, as in Megatron-LM, they take turns.
    ['four tensor ranks', { workers: 4, tensor: 4, micro_batch: 4 }, 0.05],
    // Of so few words, stages of equally many blocks are equally long: the simulator cuts by time. Its sends go on beside kernels.
    ['a pipeline of four', { workers: 4, pipeline: 4, micro_batch: 1, vocabulary: 1024 }, 0.04],
    ['two stages per device', { workers: 2, pipeline: 2, chunks: 2, micro_batch: 2, vocabulary: 1024 }, 0.03],
    ['replicas', { workers: 4, micro_batch: 2, batch: 32 }, 0.02],
    ['nothing computed again', { workers: 2, tensor: 2, micro_batch: 4, recompute: 'none' }, 0.02],
  ])('%s', (_what, more, tolerance) => {
    const fields = fieldsOf(more);
    expect(Math.abs(predicted(fields) / simulated(fields) - 1)).toBeLessThan(tolerance);
  });
});

const ground = { ...size, layers: 16, hidden: 2048, batch: 4, dropout: 10, stack: 'megatron-deepspeed' };

describe('what a step takes', () => {
  it('is measured blocks where there are some, and otherwise kernels or their dispatch, whichever is slower', () => {
    const measured = predicted(fieldsOf({ ...ground, micro_batch: 1 }), CATALOG);
    const block = 3.237e-3;
    // Bang et al. 2024: 4 micro-batches of 16 blocks, and embedding, loss and update, which the blocks outweigh.
    expect(measured).toBeGreaterThan(4 * 16 * block);
    expect(measured).toBeLessThan(1.5 * 4 * 16 * block);
    const slow = { ...CATALOG.stack('megatron').dispatchSeconds, value: 1e-3 };
    const dispatched: Catalog = { ...bare, stack: (id) => ({ ...bare.stack(id), dispatchSeconds: slow }) };
    expect(predicted(fieldsOf({ micro_batch: 8 }), dispatched)).toBeGreaterThan(8 * 90 * 1e-3);
  });

  it('shrinks with attention that writes no scores, the more the longer the sequences', () => {
    const gain = (sequence: number): number => {
      const of = (attention: 'plain' | 'fused') =>
        predicted(fieldsOf({ sequence, batch: 1, micro_batch: 1, attention }));
      return of('plain') / of('fused');
    };
    expect(gain(1024)).toBeGreaterThan(1);
    expect(gain(4096)).toBeGreaterThan(1.3 * gain(1024));
  });

  it('is divided by ranks that divide the words of a sequence', () => {
    const whole = predicted(fieldsOf({ sequence: 8192, batch: 1, micro_batch: 1, attention: 'fused' }));
    const divided = predicted(
      fieldsOf({ workers: 4, context: 4, sequence: 8192, batch: 1, micro_batch: 1, attention: 'fused' }),
    );
    expect(whole / divided).toBeGreaterThan(2);
    expect(whole / divided).toBeLessThan(4);
  });

  it('counts the flops of the model as Narayanan et al. 2021, section 5.1 do', () => {
    const { modelFlops } = gpt.predict(fieldsOf({ batch: 8, micro_batch: 2, workers: 2, tensor: 2 }), {
      cluster,
      catalog: bare,
      kernelFactor: 1,
    });
    const { layers: l, hidden: h, sequence: s, vocabulary: v } = size;
    // 72 B s l h² (1 + s / 6h + V / 12 l h): 3 forward passes' worth, without what is computed again.
    expect(modelFlops! / (72 * 8 * s * l * h * h * (1 + s / (6 * h) + v / (12 * l * h)))).toBeCloseTo(1, 3);
  });

  it('gates and shared heads change the products as they should', () => {
    const flops = (more: Partial<GptFields>) =>
      gpt.predict(fieldsOf(more), { cluster, catalog: bare, kernelFactor: 1 }).modelFlops!;
    const { layers: l, hidden: h, sequence: s } = size;
    expect(flops({ gated: true, inner: 4096 }) - flops({ inner: 4096 })).toBeCloseTo(
      8 * 6 * s * l * h * 4096,
      -6,
    );
    expect(flops({}) - flops({ kv_heads: 4 })).toBeCloseTo(8 * 6 * s * l * 2 * h * (h - h / 4), -6);
  });
});

describe('what cannot be', () => {
  it.each<[string, Partial<GptFields>, string]>([
    ['workers', { workers: 6, tensor: 4 }, '6 workers are not tensor 4'],
    ['micro-batches', { batch: 8, micro_batch: 3 }, 'not divided into micro-batches of 3'],
    ['stages', { workers: 8, pipeline: 8, layers: 4 }, '4 layers cannot be divided into 8 stages'],
    ['heads', { workers: 3, tensor: 3 }, '3 tensor ranks do not divide 16 heads'],
    ['types', { precision: 'float8' }, 'does not compute in float8'],
  ])('%s', (_what, more, message) => {
    expect(() => predicted(fieldsOf(more))).toThrow(message);
  });
});
