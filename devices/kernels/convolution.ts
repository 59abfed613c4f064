import type { Work } from '../../base/work.ts';
import type { KernelParameters } from './parameters.ts';

/*
 * Convolutions by the algorithms of cuDNN (Chetlur et al., "cuDNN: Efficient primitives for deep learning", 2014): an
 * implicit product, whose left operand is gathered from the images while it is multiplied; and for 3×3 filters of stride 1
 * Winograd's minimal filtering (Lavin and Gray, "Fast algorithms for convolutional neural networks", CVPR 2016), which
 * multiplies up to 2.25 times less with tiles of 2×2 results and moves its transformed tiles. A 1×1 convolution is a
 * product and nothing else.
 */

/** The share of the peak that a convolution's multiplications reach, as if none were saved. */
export function convolutionShare(work: Work, parameters: KernelParameters): number {
  const { productShare, forwardShare, inputGradientShare, filterGradientShare, winogradGain } = parameters;
  const { pass = 'forward', taps = 9 } = work.convolution ?? {};
  if (taps === 1 && pass !== 'filter-gradient') return productShare;
  const share =
    pass === 'forward' ? forwardShare : pass === 'input-gradient' ? inputGradientShare : filterGradientShare;
  const gain = work.class === 'conv3x3' ? winogradGain : 1;
  return productShare * share * gain;
}
