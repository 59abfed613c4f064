import { DTYPE_BYTES } from '../base/dtype.ts';
import type { Work } from '../base/work.ts';
import type { DeviceModel, SystolicArray } from './device.ts';
import type { KernelParameters } from './kernels/parameters.ts';

/*
 * Matrix products on systolic arrays, after Jouppi et al., "In-Datacenter Performance Analysis of a Tensor
 * Processing Unit" (ISCA 2017), sections 2 and 7. A weight tile of rows × columns stays in the array while the m
 * rows of the left operand stream through, one row per cycle. The next tile shifts in behind it, one of its rows
 * per cycle, so a tile occupies the array for at least `rows` cycles; only the first tile's load is not hidden.
 * Both inner and outer extents are padded to whole tiles, in the array and in weight memory: the paper's example of
 * a 600 × 600 matrix takes 9 tiles of 256 × 256.
 */

/** Extents of a product [m × k] · [k × n]. */
export type Gemm = NonNullable<Work['gemm']>;

/** How many tiles of weights a product takes. */
export const tileCount = ({ n, k }: Gemm, { rows, columns }: SystolicArray): number =>
  Math.ceil(k / rows.value) * Math.ceil(n / columns.value);

/**
 * Cycles of the arrays for one product. Several arrays share the tiles or the rows, whichever is faster: the first
 * leaves arrays idle when tiles are few, the second loads each tile into every array.
 */
export function arrayCycles(gemm: Gemm, array: SystolicArray): number {
  const tiles = tileCount(gemm, array);
  const rows = array.rows.value;
  const count = array.count.value;
  const sharedTiles = Math.ceil(tiles / count) * Math.max(gemm.m, rows);
  const sharedRows = tiles * Math.max(Math.ceil(gemm.m / count), rows);
  return Math.min(sharedTiles, sharedRows) + rows;
}

/** Seconds of a matrix product or of a convolution lowered to one, launch not included. */
export function systolicSeconds(
  work: Work,
  gemm: Gemm,
  device: DeviceModel,
  array: SystolicArray,
  { productShare, productMemoryShare }: KernelParameters,
): number {
  const { m, n, k } = gemm;
  if (m === 0 || n === 0 || k === 0) return 0;
  // A batch of products, or the groups of a convolution, is the same product several times. Other arithmetic
  // (a bias) rides along.
  const products = gemm.count ?? Math.max(1, Math.floor(work.flops / (2 * m * n * k)));
  const compute = (products * arrayCycles(gemm, array)) / (array.clockHertz.value * productShare);

  const bytes = work.bytesRead + work.bytesWritten;
  // The right operand of a filter gradient is not stored as patches: never more than the op's own bytes.
  const weights = Math.min(products * n * k * DTYPE_BYTES[work.dtype], bytes);
  const padding = (tileCount(gemm, array) * array.rows.value * array.columns.value) / (n * k);
  const activations = bytes - weights;
  const bandwidth = productMemoryShare * device.memoryBytesPerSecond.value;
  const { buffer } = array;
  // The buffer feeds the array and takes its results as fast as it works, so what stays there costs nothing more.
  const spilled = buffer !== undefined && activations <= buffer.bytes.value ? 0 : activations;
  return Math.max(compute, (weights * padding + spilled) / bandwidth);
}
