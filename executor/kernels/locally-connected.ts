import { anyFloats } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import type { Kernel } from '../kernel.ts';
import { matrix, type NumberData, product } from './product.ts';

/*
 * Position by position: patches [N × C·K] of the images under the window, and filters [O × C·K], which lie together.
 */

interface Layer {
  readonly images: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly filters: number;
  readonly positions: readonly [down: number, across: number];
  readonly kernel: readonly [height: number, width: number];
  readonly patch: number;
}

function layerOf(x: readonly number[], w: readonly number[]): Layer {
  const [images, channels, height, width] = x as [number, number, number, number];
  const [down, across, filters, , high, wide] = w as [number, number, number, number, number, number];
  return {
    images,
    channels,
    height,
    width,
    filters,
    positions: [down, across],
    kernel: [high, wide],
    patch: elementCount(w.slice(3)),
  };
}

/** Calls `visit` with each position's number and with the place in X of the first element of its window. */
function eachPosition(
  { positions: [down, across], width }: Layer,
  visit: (position: number, at: number) => void,
) {
  for (let p = 0; p < down; p++) {
    for (let q = 0; q < across; q++) visit(p * across + q, p * width + q);
  }
}

/** Calls `visit` with where each element of a patch of each image is, in order, from the window's place `at`. */
function eachElement(layer: Layer, at: number, visit: (place: number) => void): void {
  const { images, channels, height, width, kernel } = layer;
  for (let plane = 0; plane < images * channels; plane++) {
    const first = plane * height * width + at;
    for (let i = 0; i < kernel[0]; i++) {
      for (let j = 0; j < kernel[1]; j++) visit(first + i * width + j);
    }
  }
}

/** What has one value per image, filter and position, [N, O, P, Q], at one position: [N × O]. */
function atPosition(y: NumberData, { images, filters, positions }: Layer, position: number): Float64Array {
  const count = positions[0] * positions[1];
  return Float64Array.from({ length: images * filters }, (_, unit) => y[unit * count + position]!);
}

export const locallyConnected: Kernel<Record<never, never>> = ([x, w], _attrs, context) => {
  const layer = layerOf(x!.spec.shape, w!.spec.shape);
  const { images, filters, positions, patch } = layer;
  const count = positions[0] * positions[1];
  const result = context.allocate(x!.spec.dtype, [images, filters, ...positions]);
  const [y, image, weights] = [anyFloats(result), anyFloats(x!), anyFloats(w!)];
  const patches = new Float64Array(images * patch);
  const made = new Float64Array(images * filters);
  eachPosition(layer, (position, at) => {
    let next = 0;
    eachElement(layer, at, (place) => {
      patches[next++] = image[place]!;
    });
    const filter = matrix(weights, position * filters * patch, patch, true);
    product(made, 0, images, filters, patch, matrix(patches, 0, patch), filter);
    for (let unit = 0; unit < made.length; unit++) y[unit * count + position] = made[unit]!;
  });
  return [result];
};

export const locallyConnectedInputGrad: Kernel<Record<never, never>> = ([dy, w], _attrs, context) => {
  const [down, across, , channels, high, wide] = w!.spec.shape as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const shape = [dy!.spec.shape[0]!, channels, down + high - 1, across + wide - 1];
  const layer = layerOf(shape, w!.spec.shape);
  const { images, filters, patch } = layer;
  const weights = anyFloats(w!);
  // Sums over windows that overlap are rounded once.
  const sums = new Float64Array(elementCount(shape));
  const patches = new Float64Array(images * patch);
  eachPosition(layer, (position, at) => {
    const slopes = matrix(atPosition(anyFloats(dy!), layer, position), 0, filters);
    product(patches, 0, images, patch, filters, slopes, matrix(weights, position * filters * patch, patch));
    let next = 0;
    eachElement(layer, at, (place) => {
      sums[place]! += patches[next++]!;
    });
  });
  const result = context.allocate(dy!.spec.dtype, shape);
  anyFloats(result).set(sums);
  return [result];
};

export const locallyConnectedFilterGrad: Kernel<Record<never, never>> = ([dy, x], _attrs, context) => {
  const [, filters, down, across] = dy!.spec.shape as [number, number, number, number];
  const [images, channels, height, width] = x!.spec.shape as [number, number, number, number];
  const shape = [down, across, filters, channels, height - down + 1, width - across + 1];
  const layer = layerOf(x!.spec.shape, shape);
  const image = anyFloats(x!);
  const result = context.allocate(dy!.spec.dtype, shape);
  const dw = anyFloats(result);
  const patches = new Float64Array(images * layer.patch);
  eachPosition(layer, (position, at) => {
    let next = 0;
    eachElement(layer, at, (place) => {
      patches[next++] = image[place]!;
    });
    const slopes = matrix(atPosition(anyFloats(dy!), layer, position), 0, filters, true);
    const to = position * filters * layer.patch;
    product(dw, to, filters, layer.patch, images, slopes, matrix(patches, 0, layer.patch));
  });
  return [result];
};

export const KERNELS = {
  LocallyConnected: locallyConnected,
  LocallyConnectedInputGrad: locallyConnectedInputGrad,
  LocallyConnectedFilterGrad: locallyConnectedFilterGrad,
} as const;
