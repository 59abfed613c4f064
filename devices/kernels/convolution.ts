import type { ConvolutionWork } from '../../base/work.ts';
import type { KernelParameters } from './parameters.ts';
import { type Products, type ProductUnit, type Tile, tiledSeconds } from './product.ts';

/*
 * Convolutions by the algorithms of cuDNN (Chetlur et al., "cuDNN: Efficient primitives for deep learning", 2014), the fastest
 * of which counts:
 *
 * - implicit products: the patches of the images are gathered while they are multiplied. The gradient of images has a row per
 *   pixel, and sums over the taps of a filter that meet it: with strides, at most ⌈extent / stride⌉ along each axis.
 * - Winograd's minimal filtering for 3×3 filters of stride 1 (Lavin and Gray, "Fast algorithms for convolutional neural
 *   networks", CVPR 2016): a tile of o × o results takes (o + 2)² multiplications per channel and filter instead of 9 o²,
 *   2.25 times less for o = 2 and 4 times less for o = 4: as many products of [tiles × channels] · [channels × filters].
 *   With o = 2 one kernel does it all; with o = 4 the transformed tiles go through memory.
 *
 * FFTs, which libraries choose for a few large filters, are left out.
 */

const FUSED_TILE = 2;
const TILE = 4;
/** Kernels of the algorithm that goes through memory: two transforms into tiles, and one out of them. */
const TRANSFORMS = 3;

/** Positions × filters of cuDNN's kernels: unlike those for products, none has small tiles, nor cuts its sum. */
const TILES: readonly Tile[] = [
  [128, 128],
  [128, 64],
  [128, 32],
];
/** Kernels that sum over all positions have them either way around, and cut the sum as often as they must. */
const FILTER_TILES: readonly Tile[] = [...TILES, [64, 128], [64, 64], [32, 128]];
const FILTER_SPLITS = 64;
const LARGE_TILES: readonly Tile[] = [[128, 128]];

export interface ConvolutionCall {
  readonly work: ConvolutionWork;
  readonly groups: number;
  readonly elementBytes: number;
  /** Whether Winograd's algorithm applies. */
  readonly winograd: boolean;
  readonly launchSeconds: number;
}

/** Seconds of a convolution, without launch and without the time that memory takes for its tensors. */
export function convolutionSeconds(
  { work, groups, elementBytes, winograd, launchSeconds }: ConvolutionCall,
  unit: Omit<ProductUnit, 'share'>,
  parameters: KernelParameters,
): number {
  const sums = work.pass === 'filter-gradient';
  const limits = {
    ...parameters,
    startSeconds: parameters.convolutionStartSeconds,
    maxSplits: sums ? FILTER_SPLITS : 1,
    tileSteps: sums ? parameters.filterTileSteps : parameters.tileSteps,
  };
  const by = (products: Products, share: number, tiles: readonly Tile[]): number =>
    tiledSeconds(products, { ...unit, share: share * parameters.productShare }, limits, tiles);
  const tiles = sums ? FILTER_TILES : TILES;
  let least = by(implicitProduct(work, groups, elementBytes), implicitShare(work, parameters), tiles);
  if (!winograd) return least;

  const fused = sums ? 0 : parameters.fusedWinogradShare;
  if (fused > 0) least = Math.min(least, by(winogradProducts(work, FUSED_TILE, elementBytes), fused, tiles));
  const staged = sums ? parameters.winogradFilterShare : parameters.winogradShare;
  if (staged > 0) {
    const products = winogradProducts(work, TILE, elementBytes);
    const { m, n, k, count } = products;
    // The operands written by one kernel, the results read by another; between them, the products' own.
    const bytes = (m * k + k * n + m * n) * count * elementBytes;
    const transforms = bytes / unit.memoryBytesPerSecond + TRANSFORMS * launchSeconds;
    least = Math.min(least, by(products, staged, LARGE_TILES) + transforms);
  }
  return least;
}

function implicitShare({ pass, strides }: ConvolutionWork, parameters: KernelParameters): number {
  if (pass === 'forward') return parameters.forwardShare;
  if (pass === 'filter-gradient') return parameters.filterGradientShare;
  const strided = strides.some((stride) => stride > 1);
  return parameters.inputGradientShare * (strided ? parameters.stridedGradientShare : 1);
}

function implicitProduct(work: ConvolutionWork, count: number, elementBytes: number): Products {
  const { pass, batch, channels, filters, positions, kernel, strides } = work;
  const rows = batch * area(positions);
  const patch = channels * area(kernel);
  if (pass === 'forward') return { m: rows, n: filters, k: patch, count, elementBytes };
  if (pass === 'filter-gradient') return { m: filters, n: patch, k: rows, count, elementBytes };
  // Every filter element meets a pixel once per result; where strides leave pixels out, a part of them each.
  const taps = Math.ceil(area(kernel) / area(strides));
  const m = Math.ceil((batch * area(positions) * area(kernel)) / taps);
  return { m, n: channels, k: filters * taps, count, elementBytes };
}

/** The products of tiles of `side` × `side` results (of the images' gradients, pixels; of the filters', of the results'). */
function winogradProducts(work: ConvolutionWork, side: number, elementBytes: number): Products {
  const { pass, batch, channels, filters, images, positions } = work;
  const extents = pass === 'input-gradient' ? images : positions;
  const tiles = batch * area(extents.map((extent) => Math.ceil(extent / side)));
  const count = (side + 2) ** 2;
  if (pass === 'forward') return { m: tiles, n: filters, k: channels, count, elementBytes };
  if (pass === 'input-gradient') return { m: tiles, n: channels, k: filters, count, elementBytes };
  return { m: filters, n: channels, k: tiles, count, elementBytes };
}

const area = (extents: readonly number[]): number => extents.reduce((product, extent) => product * extent, 1);
