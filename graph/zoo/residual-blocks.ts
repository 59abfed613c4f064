import type { Value } from '../builder.ts';
import { add, mul, relu, sigmoid } from '../ops/elementwise.ts';
import { globalAveragePool, maxPool } from '../ops/pooling.ts';
import { reshape } from '../ops/shape.ts';
import type { Layers } from './layers.ts';

/* What residual networks consist of, for those that classify and those that are built on them. */

/** Blocks per stage (He et al., table 1; of 200 layers: "Identity Mappings in Deep Residual Networks", ECCV 2016, appendix). */
export const STAGES = {
  18: [2, 2, 2, 2],
  34: [3, 4, 6, 3],
  50: [3, 4, 6, 3],
  101: [3, 4, 23, 3],
  152: [3, 8, 36, 3],
  200: [3, 24, 36, 3],
} as const;

export type Depth = keyof typeof STAGES;

/** How a network departs from the one of 2015. */
export interface Variant {
  /** Groups of the 3×3 convolutions, which then have twice the filters of a group of 2 · `width / groups` each (ResNeXt). */
  readonly groups?: number;
  /** Whether the stride of a bottleneck is that of its 3×3 convolution ("v1.5") rather than of the first 1×1. */
  readonly strideInMiddle?: boolean;
  /** Whether each block weighs its channels by what it sees of them all (squeeze and excitation). */
  readonly squeezes?: boolean;
}

export const PLAIN: Variant = {};

/** One block: x → channels of the stage, `stride` times smaller along each edge. */
type Block = (layers: Layers, x: Value, width: number, stride: number, variant: Variant) => Value;

/** Two 3×3 convolutions, added to what came in: by itself, or through a 1×1 convolution where the shape changes. */
const basic: Block = (layers, x, width, stride) => {
  const conv = { kernel: [3, 3], padding: 'same', filters: width } as const;
  const first = layers.convNormRelu('conv1', x, { ...conv, stride });
  return residual(layers, x, layers.convNorm('conv2', first, conv), stride);
};

/**
 * 1×1, 3×3 and 1×1 convolutions to width, width and 4 · width channels, added to what came in: by itself, or through
 * a 1×1 convolution where the shape changes. The stride is that of the first convolution, as published; later programs
 * move it to the 3×3.
 */
const bottleneck: Block = (
  layers,
  x,
  width,
  stride,
  { groups = 1, strideInMiddle = false, squeezes = false },
) => {
  const conv = { kernel: [1, 1], padding: 'same' } as const;
  const inner = groups === 1 ? width : 2 * width;
  const [first, middle] = strideInMiddle ? [1, stride] : [stride, 1];
  let y = layers.convNormRelu('conv1', x, { ...conv, filters: inner, stride: first });
  const among = groups === 1 ? {} : { group: groups };
  y = layers.convNormRelu('conv2', y, { ...conv, filters: inner, kernel: [3, 3], stride: middle, ...among });
  y = layers.convNorm('conv3', y, { ...conv, filters: 4 * width });
  return residual(layers, x, squeezes ? excited(layers, y) : y, stride);
};

function residual(layers: Layers, x: Value, y: Value, stride: number): Value {
  const { builder } = layers;
  const filters = y.spec.shape[1]!;
  const keeps = stride === 1 && x.spec.shape[1] === filters;
  const shortcut = keeps
    ? x
    : layers.convNorm('shortcut', x, { kernel: [1, 1], padding: 'same', filters, stride });
  return builder.add(relu, [builder.add(add, [y, shortcut], {})], {});
}

/**
 * Channels, each times a factor that two dense layers make of the means of all: Hu et al., "Squeeze-and-Excitation Networks",
 * CVPR 2018, with their reduction by 16.
 */
function excited(layers: Layers, y: Value): Value {
  const { builder } = layers;
  const [batch, channels] = y.spec.shape as [number, number, number, number];
  return builder.scope('excitation', () => {
    const means = layers.flatten(builder.add(globalAveragePool, [y], {}));
    const squeezed = layers.denseRelu('squeeze', means, channels / 16);
    const factors = builder.add(sigmoid, [layers.dense('excite', squeezed, channels)], {});
    const spread = builder.add(reshape, [factors], { shape: [batch, channels, 1, 1] });
    return builder.add(mul, [y, spread], {});
  });
}

/** [batch, 3, edge, edge] → [batch, width, edge / 4, edge / 4]: a convolution of 7×7 and a maximum of 3×3, both of stride 2. */
export function stem(layers: Layers, samples: Value, width: number): Value {
  const first = layers.convNormRelu('conv1', samples, {
    filters: width,
    kernel: [7, 7],
    stride: 2,
    padding: 'same',
  });
  return layers.builder.add(
    maxPool,
    [first],
    { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] },
    { name: 'pool1' },
  );
}

/**
 * Stage `stage` (0 to 3) of a network of `depth` layers whose stem has `width` filters: `after` gets what each block makes. Its
 * first block shrinks images by `stride`.
 */
export function residualStage(
  layers: Layers,
  x: Value,
  { depth, stage, width, stride = stage === 0 ? 1 : 2, variant = PLAIN }: Stage,
  after: (y: Value) => void = () => {},
): Value {
  const block = depth < 50 ? basic : bottleneck;
  let y = x;
  for (let number = 1; number <= STAGES[depth][stage]!; number++) {
    y = layers.builder.scope(`conv${stage + 2}_${number}`, () =>
      block(layers, y, width * 2 ** stage, number === 1 ? stride : 1, variant),
    );
    after(y);
  }
  return y;
}

export interface Stage {
  readonly depth: Depth;
  readonly stage: 0 | 1 | 2 | 3;
  readonly width: number;
  readonly stride?: number;
  readonly variant?: Variant;
}
