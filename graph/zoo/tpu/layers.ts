import type { Value } from '../../builder.ts';
import type { Op } from '../../op.ts';
import { conv } from '../../ops/convolution.ts';
import { add, mul, relu, sigmoid, tanh } from '../../ops/elementwise.ts';
import { matmul } from '../../ops/matmul.ts';
import { convInteger, matmulInteger } from '../../ops/quantized-products.ts';
import { quantizedAdd, quantizedMul, type RequantizeAttrs, requantize } from '../../ops/requantize.ts';
import { elementCount } from '../../tensor-spec.ts';
import type { Layers } from '../layers.ts';

/*
 * Layers of inference. In 8 bits: weights and activations int8, products summed in int32, activations rounded back.
 * Activations stand for multiples of 1/64 and weights for multiples of 2/√inputs, which keeps numbers in range; timing does
 * not depend on that. In floating point, the same layers as CPUs and GPUs compute them.
 */

const SCALE = 1 / 64;

type Activation = RequantizeAttrs['activation'];

const FLOAT_ACTIVATIONS = { relu, sigmoid, tanh } as const;

const isQuantized = (layers: Layers): boolean => layers.dtype === 'int8';

/** Weights of −1, 0 and 1 until others are loaded, in 8 bits. */
const weights = (layers: Layers, shape: readonly number[], inputs: number, units: number): Value =>
  isQuantized(layers)
    ? layers.parameter('weights', shape, 1, 1)
    : layers.parameter('weights', shape, inputs, units);

function activated(layers: Layers, sums: Value, inputs: number, activation: Activation): Value {
  if (!isQuantized(layers)) return nonlinear(layers, sums, activation);
  const scale = (2 * SCALE) / Math.sqrt(inputs);
  return layers.builder.add(requantize, [sums], { activation, scale, resultScale: SCALE });
}

/** A fully connected layer: [batch, inputs] → [batch, units]. */
export function fullyConnected(
  layers: Layers,
  name: string,
  x: Value,
  units: number,
  activation: Activation,
): Value {
  return layers.builder.scope(name, () => {
    const inputs = x.spec.shape[1]!;
    const operands = [x, weights(layers, [inputs, units], inputs, units)];
    const sums = layers.builder.add(isQuantized(layers) ? matmulInteger : matmul, operands, {});
    return activated(layers, sums, inputs, activation);
  });
}

/** A fully connected layer over images, [batch, channels, height, width] → [batch, units]: a convolution by filters of their size. */
export function fullyConnectedMap(
  layers: Layers,
  name: string,
  x: Value,
  units: number,
  activation: Activation,
): Value {
  return layers.builder.scope(name, () => {
    const y = convolved(layers, x, units, x.spec.shape.slice(1), 0, 1);
    return layers.flatten(activated(layers, y, elementCount(x.spec.shape.slice(1)), activation));
  });
}

/** A convolution that keeps the image's size, then ReLU. */
export function convolution(
  layers: Layers,
  name: string,
  x: Value,
  filters: number,
  size: number,
  stride = 1,
): Value {
  return layers.builder.scope(name, () => {
    const window = [x.spec.shape[1]!, size, size];
    const sums = convolved(layers, x, filters, window, (size - 1) >> 1, stride);
    return activated(layers, sums, elementCount(window), 'relu');
  });
}

function convolved(
  layers: Layers,
  x: Value,
  filters: number,
  window: readonly number[],
  pad: number,
  stride: number,
): Value {
  const operands = [x, weights(layers, [filters, ...window], elementCount(window), filters)];
  return layers.builder.add(isQuantized(layers) ? convInteger : conv, operands, {
    strides: [stride, stride],
    pads: [pad, pad, pad, pad],
  });
}

export function plus({ builder, dtype }: Layers, a: Value, b: Value): Value {
  return dtype === 'int8'
    ? builder.add(quantizedAdd, [a, b], { scaleA: SCALE, scaleB: SCALE, resultScale: SCALE })
    : builder.add(add, [a, b], {});
}

export function times({ builder, dtype }: Layers, a: Value, b: Value): Value {
  return dtype === 'int8'
    ? builder.add(quantizedMul, [a, b], { scaleA: SCALE, scaleB: SCALE, resultScale: SCALE })
    : builder.add(mul, [a, b], {});
}

export function nonlinear({ builder, dtype }: Layers, x: Value, activation: Activation): Value {
  if (dtype === 'int8') {
    return builder.add(requantize, [x], { activation, scale: SCALE, resultScale: SCALE });
  }
  if (activation === 'linear') return x;
  const op: Op<{ readonly [none: string]: never }> = FLOAT_ACTIVATIONS[activation];
  return builder.add(op, [x], {});
}
