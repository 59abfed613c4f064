import type { KernelParameters } from './parameters.ts';

/*
 * Dense matrix products as tiled kernels compute them (CUTLASS: Kerr et al., "CUTLASS: Fast linear algebra in CUDA C++",
 * 2017; NVIDIA, "Matrix multiplication background user's guide", on tile and wave quantisation). The result is cut into
 * tiles; each tile is a block that walks along the summed dimension k, and a multiprocessor works on its blocks one after
 * another. So a product takes as long as the multiprocessor with the most blocks:
 *
 *     rounds = ceil(blocks / multiprocessors)
 *     block  = (k + tile steps) · max(2 · rows · columns / rate, (rows + columns) · element bytes / operand bandwidth)
 *     least  = k · step · ceil(rounds / 2)
 *
 * `rate` is a multiprocessor's share of the peak; the operands of a small tile arrive slower than they are multiplied; a
 * lone block waits for the latency of its loads, a second one on the same multiprocessor hides it. Where tiles are fewer
 * than multiprocessors, libraries cut k (split-k), and add the parts up in a second pass over them. The device's memory
 * brings each operand once. A library tries tiles and splits: the fastest counts.
 */

export type Tile = readonly [rows: number, columns: number];

/** Rows × columns of the tiles that are tried: those of cuBLAS's and CUTLASS's kernels. */
const TILES: readonly Tile[] = [
  [256, 128],
  [128, 256],
  [128, 128],
  [128, 64],
  [64, 128],
  [64, 64],
  [128, 32],
  [32, 128],
  [64, 32],
  [32, 64],
  [32, 32],
  [128, 16],
  [16, 128],
  [64, 16],
  [16, 64],
];

/** Partial sums are in float32, whatever the operands are. */
const PARTIAL_BYTES = 4;

/** Products [m × k] · [k × n], `count` of them, each with operands of its own. */
export interface Products {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly count: number;
  readonly elementBytes: number;
}

/** A device as its products see it. */
export interface ProductUnit {
  /** In the type of the products. */
  readonly peakFlops: number;
  /** What the inner loop reaches of it. */
  readonly share: number;
  readonly memoryBytesPerSecond: number;
  readonly multiprocessors: number;
}

/**
 * Seconds of the multiplications, with the start and end of the kernel: neither launch, nor the time of memory for the
 * operands.
 */
export function tiledSeconds(
  { m, n, k, count, elementBytes }: Products,
  { peakFlops, share, memoryBytesPerSecond, multiprocessors }: ProductUnit,
  { operandBytesPerFlop, stepSeconds, maxSplits, startSeconds, tileSteps }: KernelParameters,
  tried: readonly Tile[] = TILES,
): number {
  if (m === 0 || n === 0 || k === 0 || count === 0) return 0;
  const unitPeak = peakFlops / multiprocessors;
  const rate = share * unitPeak;
  const operandRate = operandBytesPerFlop * unitPeak;
  let least = Number.POSITIVE_INFINITY;
  for (const [rows, columns] of tried) {
    const tiles = Math.ceil(m / rows) * Math.ceil(n / columns) * count;
    const stepOfBlock = Math.max(
      (2 * rows * columns) / rate,
      ((rows + columns) * elementBytes) / operandRate,
    );
    for (let splits = 1; splits <= maxSplits; splits *= 2) {
      const rounds = Math.ceil((tiles * splits) / multiprocessors);
      const steps = Math.ceil(k / splits) + tileSteps;
      const blocks = steps * Math.max(rounds * stepOfBlock, Math.ceil(rounds / 2) * stepSeconds);
      const sums = splits === 1 ? 0 : ((splits + 1) * m * n * count * PARTIAL_BYTES) / memoryBytesPerSecond;
      least = Math.min(least, blocks + sums);
      if (rounds > 1) break;
    }
  }
  return startSeconds + least;
}
