import { stream } from '../base/random.ts';
import { type Tensor, tensor } from '../graph/tensor.ts';
import { node, onnxFile } from './graph/import/onnx/onnx-file.ts';

/** A tensor drawn as He et al. 2015 initialise the weights of layers with rectifiers: variance 2 / `fanIn`. */
function drawn(name: string, shape: readonly number[], fanIn: number): Tensor {
  const random = stream(1, 'example model', name);
  const count = shape.reduce((a, b) => a * b, 1);
  // Uniform of that variance: bound √(3 · 2 / fanIn).
  const bound = Math.sqrt(6 / fanIn);
  return tensor(
    'float32',
    shape,
    Array.from({ length: count }, () => (2 * random.uniform() - 1) * bound),
  );
}

/** A node with one output, of its own name. */
function named(
  op: string,
  inputs: readonly string[],
  name: string,
  attributes: Parameters<typeof node>[3] = {},
) {
  return { ...node(op, inputs, [name], attributes), name };
}

/**
 * examples/images.onnx: what someone's export of a small classifier of images looks like. x: float32 [batch, 3, 96, 96],
 * four convolutions, the mean over the image, logits: float32 [batch, 10]. The weights are drawn, not trained.
 */
export function exampleModel(): Uint8Array {
  const channels = [3, 16, 32, 48, 64];
  const initializers: Record<string, Tensor> = {};
  const nodes = channels.slice(1).flatMap((to, i) => {
    const from = channels[i]!;
    initializers[`conv${i + 1}.weight`] = drawn(`conv${i + 1}`, [to, from, 3, 3], 9 * from);
    initializers[`conv${i + 1}.bias`] = tensor('float32', [to], new Array<number>(to).fill(0));
    const inputs = [i === 0 ? 'x' : `relu${i}`, `conv${i + 1}.weight`, `conv${i + 1}.bias`];
    const strides = i === 0 ? [1, 1] : [2, 2];
    const conv = { kernel_shape: [3, 3], pads: [1, 1, 1, 1], strides };
    return [named('Conv', inputs, `conv${i + 1}`, conv), named('Relu', [`conv${i + 1}`], `relu${i + 1}`)];
  });
  initializers['classify.weight'] = drawn('classify', [64, 10], 64);
  initializers['classify.bias'] = tensor('float32', [10], new Array<number>(10).fill(0));
  return onnxFile(
    {
      inputs: [['x', 'float32', ['batch', 3, 96, 96]]],
      initializers,
      nodes: [
        ...nodes,
        named('GlobalAveragePool', ['relu4'], 'mean'),
        named('Flatten', ['mean'], 'features', { axis: 1 }),
        named('Gemm', ['features', 'classify.weight', 'classify.bias'], 'logits'),
      ],
      outputs: ['logits'],
    },
    17,
  );
}
