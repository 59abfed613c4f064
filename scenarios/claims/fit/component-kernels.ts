import type { DType } from '../../../base/dtype.ts';
import { mean } from '../../../base/statistics.ts';
import { findDevice } from '../../../devices/catalog/index.ts';
import type { DeviceModel } from '../../../devices/device.ts';
import type { Fit } from '../../../devices/fit.ts';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import { type KernelParameters, NEUTRAL_KERNELS } from '../../../devices/kernels/parameters.ts';
import { boundedSearch, type SearchedParameter } from './bounded-search.ts';
import { type MeasuredKernel, measuredKernels } from './deepbench.ts';
import type { Fitter } from './fitter.ts';
import { residualsOf, robustError } from './residuals.ts';

/** A device whose kernels were measured one by one. */
interface Subject {
  readonly id: string;
  /** Of the catalog. */
  readonly device: string;
  /** As the measurements name it. */
  readonly measured: string;
  readonly precision: 'fp32' | 'fp16_mixed';
  readonly winograd: boolean;
}

const SUBJECTS: readonly Subject[] = [
  { id: 'knl', device: 'xeon-phi-7250', measured: 'Xeon Phi 7250 (KNL)', precision: 'fp32', winograd: false },
  { id: 'm40', device: 'm40', measured: 'Tesla M40', precision: 'fp32', winograd: true },
  {
    id: 'titan-x-maxwell',
    device: 'titan-x-maxwell',
    measured: 'Titan X (Maxwell)',
    precision: 'fp32',
    winograd: true,
  },
  {
    id: 'titan-x-pascal',
    device: 'titan-x-pascal',
    measured: 'Titan X (Pascal)',
    precision: 'fp32',
    winograd: true,
  },
  { id: 'gtx-1080-ti', device: 'gtx-1080-ti', measured: 'GTX 1080 Ti', precision: 'fp32', winograd: true },
  { id: 'titan-xp', device: 'titan-xp', measured: 'Titan Xp', precision: 'fp32', winograd: true },
  { id: 'p100', device: 'p100-pcie', measured: 'Tesla P100', precision: 'fp32', winograd: true },
  { id: 'v100-float32', device: 'v100', measured: 'Tesla V100 (DGX-1)', precision: 'fp32', winograd: true },
  {
    id: 'v100-float16',
    device: 'v100',
    measured: 'Tesla V100 (DGX-1)',
    precision: 'fp16_mixed',
    winograd: false,
  },
  { id: 'mi25', device: 'mi25', measured: 'AMD MI25', precision: 'fp32', winograd: true },
];

const PRODUCT = {
  productShare: { start: 0.85, least: 0.2, most: 1 },
  productMemoryShare: { start: 0.6, least: 0.15, most: 1 },
  operandBytesPerFlop: { start: 0.1, least: 0.01, most: 1 },
  stepSeconds: { start: 3e-8, least: 1e-9, most: 1e-6 },
  startSeconds: { start: 4e-6, least: 5e-7, most: 1e-4 },
} satisfies Partial<Record<keyof KernelParameters, SearchedParameter>>;

/** Caches and prefetching hide from a core what a multiprocessor waits for. */
const PRODUCT_ON_CPU = {
  productShare: PRODUCT.productShare,
  productMemoryShare: PRODUCT.productMemoryShare,
  startSeconds: PRODUCT.startSeconds,
};

const CONVOLUTION = {
  convolutionStartSeconds: { start: 4e-6, least: 5e-7, most: 1e-4 },
  tileSteps: { start: 20, least: 1, most: 300 },
  filterTileSteps: { start: 20, least: 1, most: 1000 },
  forwardShare: { start: 0.85, least: 0.1, most: 1.2 },
  inputGradientShare: { start: 0.75, least: 0.1, most: 1.2 },
  stridedGradientShare: { start: 0.6, least: 0.1, most: 1 },
  filterGradientShare: { start: 0.7, least: 0.1, most: 1.2 },
} satisfies Partial<Record<keyof KernelParameters, SearchedParameter>>;

const WINOGRAD = {
  fusedWinogradShare: { start: 0.7, least: 0.05, most: 1.2 },
  winogradShare: { start: 0.7, least: 0.05, most: 1.2 },
  winogradFilterShare: { start: 0.7, least: 0.05, most: 1.2 },
} satisfies Partial<Record<keyof KernelParameters, SearchedParameter>>;

/** NVIDIA, "Tensor core performance: the ultimate guide": channels of 16-bit tensors in multiples of 8 (cuDNN 7). */
const ALIGNED = 8;

const SPLITS = [1, 4, 64];

const DTYPE: Readonly<Record<Subject['precision'], DType>> = { fp32: 'float32', fp16_mixed: 'float16' };

/** Predicted over measured, for a device with these kernels. */
export function ratiosOf(
  device: DeviceModel,
  dtype: DType,
  kernels: readonly MeasuredKernel[],
  parameters: KernelParameters,
): number[] {
  const model = { parameters, own: {} };
  const changed = { ...device, kernels: { default: model, [dtype]: model } };
  return kernels.map(({ work, seconds }) => kernelSeconds(work, changed) / seconds);
}

export function fitSubject(subject: Subject): Fit {
  const device = findDevice(subject.device);
  const dtype = DTYPE[subject.precision];
  const measured = measuredKernels(subject.measured, subject.precision);
  const products = measured.filter(({ kind }) => kind === 'product');
  const convolutions = measured.filter(({ kind }) => kind === 'convolution');
  const errorOf = (kernels: readonly MeasuredKernel[], parameters: KernelParameters): number =>
    robustError(ratiosOf(device, dtype, kernels, parameters));

  const searched: Readonly<Record<string, SearchedParameter>> =
    device.kind === 'CPU' ? PRODUCT_ON_CPU : PRODUCT;
  const alsoSearched: Readonly<Record<string, SearchedParameter>> = subject.winograd
    ? { ...CONVOLUTION, ...WINOGRAD }
    : CONVOLUTION;
  // Products first: convolutions are made of them. Once more, as tiles' start and end are known from convolutions.
  const alignedChannels = subject.precision === 'fp32' ? 1 : ALIGNED;
  let parameters: KernelParameters = {
    ...NEUTRAL_KERNELS,
    tileSteps: CONVOLUTION.tileSteps.start,
    alignedChannels,
  };
  for (let round = 0; round < 2; round++) {
    const candidates = SPLITS.map((maxSplits) => {
      const known = { ...parameters, maxSplits };
      const found = boundedSearch(searched, (values) => errorOf(products, { ...known, ...values }));
      return { ...known, ...found };
    });
    parameters = leastBy(candidates, (candidate) =>
      mean(ratiosOf(device, dtype, products, candidate).map((ratio) => Math.abs(ratio - 1))),
    );
    const known = parameters;
    const found = boundedSearch(alsoSearched, (values) => errorOf(convolutions, { ...known, ...values }), {
      evaluations: 1200,
    });
    parameters = { ...parameters, ...found };
  }
  return {
    id: `kernels-${subject.id}`,
    what: `Kernels of ${device.name} in ${dtype}`,
    method:
      'Nelder and Mead on the mean of |log(predicted / measured)|, of which what is beyond 0.25 counts a quarter: parameters of products, then of convolutions, twice',
    on: [{ data: 'deepbench', where: { device: subject.measured, precision: subject.precision } }],
    parameters: { ...parameters },
    residuals: residualsOf(ratiosOf(device, dtype, measured, parameters)),
    folds: [],
  };
}

function leastBy<T>(candidates: readonly T[], value: (candidate: T) => number): T {
  return candidates.reduce((best, candidate) => (value(candidate) < value(best) ? candidate : best));
}

/** Kernels of devices of which Baidu's DeepBench measured matrix products and convolutions. */
export const componentKernels: Fitter = {
  what: 'kernels, by Baidu DeepBench',
  fits: () => SUBJECTS.map(fitSubject),
};

export { DTYPE, mean, SUBJECTS };
