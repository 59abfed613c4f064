import type { ConvolutionWork } from '../../base/work.ts';
import type { Products } from './product.ts';

/*
 * Fast algorithms turn tiles of images, results and filters into as many numbers each, of which those of equal place are
 * multiplied: a product [tiles × channels] · [channels × filters] per place, for the gradients likewise.
 */

/**
 * By Winograd's algorithm, for 3 × 3 filters, on tiles of `side` × `side` results (of the images' gradients, pixels): products
 * of (side + 2)² places.
 */
export function winogradProducts(work: ConvolutionWork, side: number, elementBytes: number): Products {
  const tiles = work.batch * area(tiled(work).map((extent) => Math.ceil(extent / side)));
  return { ...productOf(work, tiles), count: (side + 2) ** 2, elementBytes };
}

/** Sides of tiles that are transformed by Fourier: powers of two. */
export const FOURIER_SIDES = [16, 32, 64] as const;

/** Of a real or an imaginary part: transforms are in float32. */
const REAL_BYTES = 4;

/**
 * By Fourier transforms of tiles of `side` × `side`, of which a filter leaves side + 1 − extent results along each axis.
 * Transforms of real numbers have side · (side / 2 + 1) places of complex numbers, whose product is four of real ones: summed
 * over twice the numbers for twice the results. Undefined where filters are as large as tiles.
 */
export function fourierProducts(work: ConvolutionWork, side: number): Products | undefined {
  const results = work.kernel.map((extent) => side + 1 - extent);
  if (results.some((extent) => extent <= 0)) return undefined;
  const tiles = work.batch * area(tiled(work).map((extent, axis) => Math.ceil(extent / results[axis]!)));
  const { m, n, k } = productOf(work, tiles);
  return { m, n: 2 * n, k: 2 * k, count: side * (side / 2 + 1), elementBytes: REAL_BYTES };
}

/** What is cut into tiles. */
const tiled = ({ pass, images, positions }: ConvolutionWork): readonly number[] =>
  pass === 'input-gradient' ? images : positions;

function productOf(
  { pass, channels, filters }: ConvolutionWork,
  tiles: number,
): Pick<Products, 'm' | 'n' | 'k'> {
  if (pass === 'forward') return { m: tiles, n: filters, k: channels };
  if (pass === 'input-gradient') return { m: tiles, n: channels, k: filters };
  return { m: filters, n: channels, k: tiles };
}

export const area = (extents: readonly number[]): number =>
  extents.reduce((product, extent) => product * extent, 1);
