import { DTYPE_BYTES } from '../base/dtype.ts';
import type { Work } from '../base/work.ts';
import type { DeviceModel, SystolicArray } from './device.ts';
import type { KernelParameters } from './kernels/parameters.ts';

/*
 * Matrix products on systolic arrays, after Jouppi et al., "In-Datacenter Performance Analysis of a Tensor
 * Processing Unit" (ISCA 2017), sections 2, 4 and 7. A weight tile of rows × columns stays in the array while the m
 * rows of the left operand stream through, one row per cycle. The next tile shifts in behind it, one of its rows
 * per cycle, so a tile occupies the array for at least `rows` cycles; only the first tile's load is not hidden.
 * Both inner and outer extents are padded to whole tiles, in the array and in weight memory: the paper's example of
 * a 600 × 600 matrix takes 9 tiles of 256 × 256.
 *
 * A TPU v1 keeps activations in a buffer whose rows hold the features of one position of an image: each element of a
 * filter's window is a product of its own, and shallow features leave most of the array idle (the paper says so of CNN1).
 * Sums collect in accumulators, so many rows are taken through in pieces, each of which loads the weights again. The next
 * layer waits until the activations of the last are written ("delay slot", section 2), unless a second piece fills the
 * wait.
 */

/** Extents of a product [m × k] · [k × n]. */
export type Gemm = NonNullable<Work['gemm']>;

/** How many tiles of weights a product takes, or a convolution of so many elements of its window. */
export function tileCount({ n, k }: Gemm, { rows, columns, buffer }: SystolicArray, taps = 1): number {
  const slices = buffer === undefined ? 1 : taps;
  return slices * Math.ceil(k / slices / rows.value) * Math.ceil(n / columns.value);
}

/**
 * Cycles of the arrays for one product. Several arrays share the tiles or the rows, whichever is faster: the first
 * leaves arrays idle when tiles are few, the second loads each tile into every array.
 */
export function arrayCycles(gemm: Gemm, array: SystolicArray, taps = 1): number {
  const tiles = tileCount(gemm, array, taps);
  const rows = array.rows.value;
  const count = array.count.value;
  const sharedTiles = Math.ceil(tiles / count) * Math.max(gemm.m, rows);
  const sharedRows = tiles * Math.max(Math.ceil(gemm.m / count), rows);
  return Math.min(sharedTiles, sharedRows) + rows;
}

/** Seconds of a matrix product or of a convolution lowered to one, with its launch. */
export function systolicSeconds(
  work: Work,
  gemm: Gemm,
  device: DeviceModel,
  array: SystolicArray,
  peakFlops: number,
  { productShare, productMemoryShare }: KernelParameters,
): number {
  const launch = device.launchSeconds.value;
  const { m, n, k } = gemm;
  if (m === 0 || n === 0 || k === 0) return launch;
  // A batch of products, or the groups of a convolution, is the same product several times. Other arithmetic
  // (a bias) rides along.
  const products = gemm.count ?? Math.max(1, Math.floor(work.flops / (2 * m * n * k)));
  const taps = work.convolution?.kernel.reduce((product, extent) => product * extent, 1) ?? 1;
  const { buffer } = array;
  const elementBytes = DTYPE_BYTES[work.dtype];

  // Sums leave accumulators as activations, narrow again.
  const written =
    buffer === undefined ? work.bytesWritten : Math.min(work.bytesWritten, products * m * n * elementBytes);
  const bytes = work.bytesRead + written;
  // The right operand of a filter gradient is not stored as patches: never more than the op's own bytes.
  const weights = Math.min(products * n * k * elementBytes, bytes);
  const padding = (tileCount(gemm, array, taps) * array.rows.value * array.columns.value) / (n * k);
  const activations = bytes - weights;
  // The buffer feeds the array and takes its results as fast as it works, so what stays there costs nothing more.
  const spilled = buffer !== undefined && activations <= buffer.bytes.value ? 0 : activations;
  const bandwidth = productMemoryShare * device.memoryBytesPerSecond.value;
  // Arrays of later TPUs take twice as many 8-bit products in a cycle.
  const arraysPeak = 2 * array.rows.value * array.columns.value * array.count.value * array.clockHertz.value;
  const rate = Math.max(1, Math.round(peakFlops / arraysPeak));
  const clock = array.clockHertz.value * rate * productShare;

  const inPieces = (pieces: number): number => {
    const rows = array.rows.value;
    const piece = arrayCycles({ ...gemm, m: Math.ceil(m / pieces) }, array, taps) - rows;
    const compute = (products * (pieces * piece + rows)) / clock;
    return Math.max(compute, (pieces * weights * padding + spilled) / bandwidth);
  };
  if (buffer === undefined) return launch + inPieces(1);
  // While the activations of one piece are written, the others are multiplied.
  const waited = (pieces: number): number => {
    const busy = inPieces(pieces);
    return busy + Math.max(0, launch - (busy * (pieces - 1)) / pieces);
  };
  const fewest = Math.ceil(m / buffer.accumulatorRows.value);
  return fewest > 1 ? waited(fewest) : Math.min(waited(1), waited(2));
}
