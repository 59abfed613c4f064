import type { ConvolutionWork } from '../../base/work.ts';
import { area, FOURIER_SIDES, fourierProducts, winogradProducts } from './fast-convolutions.ts';
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
 * - Fourier transforms of tiles, for larger filters of stride 1 (Mathieu, Henaff and LeCun, "Fast training of convolutional
 *   networks through FFTs", ICLR 2014), through memory as well.
 */

/** Kernels of algorithms that go through memory: two transforms into tiles, and one out of them. */
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
  readonly launchSeconds: number;
}

/** Seconds of a convolution, without launch and without the time that memory takes for its tensors. */
export function convolutionSeconds(
  { work, groups, elementBytes, launchSeconds }: ConvolutionCall,
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
  const implicit = by(implicitProduct(work, groups, elementBytes), implicitShare(work, parameters), tiles);
  if (!work.isPlain || work.kernel.length !== 2) return implicit;

  /** With operands written by one kernel, results read by another; between them, the products' own. */
  const throughMemory = (products: Products, share: number): number => {
    const { m, n, k, count } = products;
    const bytes = (m * k + k * n + m * n) * count * products.elementBytes;
    const transforms = bytes / unit.memoryBytesPerSecond + TRANSFORMS * launchSeconds;
    return by(products, share, LARGE_TILES) + transforms;
  };
  let least = implicit;
  if (work.kernel.every((extent) => extent === 3)) {
    const fused = sums ? 0 : parameters.fusedWinogradShare;
    if (fused > 0) least = Math.min(least, by(winogradProducts(work, 2, elementBytes), fused, tiles));
    const staged = sums ? parameters.winogradFilterShare : parameters.winogradShare;
    if (staged > 0) least = Math.min(least, throughMemory(winogradProducts(work, 4, elementBytes), staged));
  }
  if (parameters.fourierShare > 0 && work.kernel.every((extent) => extent >= 5)) {
    for (const side of FOURIER_SIDES) {
      const products = fourierProducts(work, side);
      if (products !== undefined) least = Math.min(least, throughMemory(products, parameters.fourierShare));
    }
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
