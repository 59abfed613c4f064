import { expect, test } from 'vitest';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import { parameterCount } from '../../graph/graph.ts';
import { MODELS } from '../../graph/zoo/index.ts';

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
  // Layer table of Paleo, nets/inception_v3.json, summed by an independent program.
  ['inception-v3', 23_751_432, 5_637_488_224],
  // torchvision's inception_v3 without its auxiliary head: 27,161,264 − 3,326,696.
  ['inception-v3-published', 23_834_568, 5_713_216_096],
])('%s has its published size', (name, parameters, macs) => {
  expect(authored(name, 1)).toMatchObject({ parameters, macs });
  expect(authored(name, 3).macs).toBe(3 * macs);
});

test('every parameter of every model has a gradient of its shape', () => {
  for (const model of Object.values(MODELS)) {
    const builder = new GraphBuilder();
    const { loss, parameters } = model.build(builder, { batch: 2, dtype: 'float32' });
    const slopes = gradients(builder, loss, parameters);
    expect(slopes.map(({ spec }) => spec)).toEqual(parameters.map(({ spec }) => spec));
  }
});
