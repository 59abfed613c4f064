import { describe, expect, it, test } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import { parameterCount } from '../../graph/graph.ts';
import { INFERENCE_MODELS, MODELS } from '../../graph/zoo/index.ts';
import { configured } from '../../graph/zoo/settings.ts';

function authored(name: string, batch: number): { builder: GraphBuilder; parameters: number; macs: number } {
  const builder = new GraphBuilder();
  MODELS[name]!.build(builder, { batch, dtype: 'float32' });
  const graph = builder.finish();
  // Multiply-adds are what convolutions and matrix products do; a multiply-add is 2 flops.
  const macs = graphWork(graph).reduce((sum, { gemm }) => (gemm ? sum + gemm.m * gemm.n * gemm.k : sum), 0);
  return { builder, parameters: parameterCount(graph).elements, macs };
}

test.each([
  // 784·10 + 10
  ['mnist-softmax', 7_850, 7_840],
  // 784·128 + 128 + 128·10 + 10
  ['mnist-mlp', 101_770, 101_632],
  // 8·25 + 8, 16·8·9 + 16, 784·10 + 10; 14²·25·8 + 7²·72·16 + 784·10
  ['mnist-cnn', 9_226, 103_488],
  ['lenet-5', 61_706, 416_520],
  // Layer table of Paleo, nets/inception_v3.json, summed by an independent program.
  ['inception-v3', 23_751_432, 5_637_488_224],
  // torchvision's inception_v3 without its auxiliary head: 27,161,264 − 3,326,696.
  ['inception-v3-published', 23_834_568, 5_713_216_096],
])('%s has its published size', (name, parameters, macs) => {
  expect(authored(name, 1)).toMatchObject({ parameters, macs });
  expect(authored(name, 3).macs).toBe(3 * macs);
});

test.each(['float32', 'bfloat16'] as const)('every parameter has a gradient of its shape, in %s', (dtype) => {
  for (const model of Object.values(MODELS)) {
    const builder = new GraphBuilder();
    const { loss, parameters } = model.build(builder, { batch: 2, dtype });
    const slopes = gradients(builder, loss, parameters);
    expect(slopes.map(({ spec }) => spec)).toEqual(parameters.map(({ spec }) => spec));
    expect(new Set(parameters.map(({ spec }) => spec.dtype))).toEqual(new Set([dtype]));
  }
});

test('feeds are all placeholders, and integers say what is below', () => {
  for (const model of [...Object.values(MODELS), ...Object.values(INFERENCE_MODELS)]) {
    const builder = new GraphBuilder();
    const { feeds } = model.build(builder, { batch: 2, dtype: 'float32' });
    const placeholders = builder.nodes.filter(({ op }) => op.name === 'Placeholder');
    expect(feeds.map(({ value }) => value.node)).toEqual(placeholders);
    for (const { value, below } of feeds) {
      if (value.spec.dtype !== 'float32') expect(below).toBeGreaterThan(0);
    }
  }
});

describe('settings', () => {
  const gpt = MODELS.gpt!;

  it('change what is built, and nothing of the model that they are given to', () => {
    const deep = configured(gpt, { layers: 24 });
    expect(deep.settings.layers!.value).toBe(24);
    expect(gpt.settings.layers!.value).toBe(12);
    expect(deep.with({ width: 1024 }).settings.layers!.value).toBe(24);
  });

  it.each([
    [{ layerz: 2 }, 'gpt: layerz: unknown setting of gpt "layerz"; did you mean "layers"?'],
    [{ layers: 0 }, 'gpt: layers: expected a whole number from 1 to 256, got 0'],
    [{ layers: 1.5 }, 'gpt: layers: expected a whole number from 1 to 256, got 1.5'],
    [{ layers: 'many' }, 'gpt: layers: expected a whole number from 1 to 256, got "many"'],
    [{ layers: null }, 'gpt: layers: expected a whole number from 1 to 256, got "null"'],
    [{ heads: 7 }, 'gpt: heads: 7 heads do not divide a width of 768'],
    [{ toString: 1 }, /^gpt: toString: unknown setting of gpt "toString"; choose one of: layers, /],
  ])('%j: one clear sentence', (given, message) => {
    expect(() => configured(gpt, given as never)).toThrow(UserError);
    expect(() => configured(gpt, given as never)).toThrow(message);
  });

  it('of a model that has none', () => {
    expect(() => configured(MODELS['mnist-cnn']!, { layers: 2 })).toThrow(
      'mnist-cnn: layers: mnist-cnn has no settings',
    );
  });

  it('that do not go together are named', () => {
    expect(() => configured(MODELS['bert-base']!, { length: 600 })).toThrow(
      /600 words has only 512 positions/,
    );
    expect(() => configured(MODELS['bert-base']!, { masked: 513 })).toThrow(
      /513 words cannot be masked of 512/,
    );
    expect(() => configured(MODELS['lstm-512-512']!, { sampled: 50_000 })).toThrow(
      /50000 classes cannot be sampled of 40000 words/,
    );
  });
});
