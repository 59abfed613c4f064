import type { DType } from '../../../base/dtype.ts';
import { mean } from '../../../base/statistics.ts';
import { findDevice } from '../../../devices/catalog/index.ts';
import type { DeviceModel } from '../../../devices/device.ts';
import type { Fit, FittedParameters, Residuals } from '../../../devices/fit.ts';
import { kernelSeconds } from '../../../devices/kernels/index.ts';
import { type KernelParameters, NEUTRAL_KERNELS } from '../../../devices/kernels/parameters.ts';
import { boundedSearch, type SearchedParameter } from './bounded-search.ts';
import { type MeasuredKernel, measuredKernels } from './deepbench.ts';
import { fittedParameters } from './fitted-parameters.ts';
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
  fourierShare: { start: 0.5, least: 0.05, most: 1 },
  winogradFilterShare: { start: 0.7, least: 0.05, most: 1.2 },
} satisfies Partial<Record<keyof KernelParameters, SearchedParameter>>;

/** NVIDIA, "Tensor core performance: the ultimate guide": channels of 16-bit tensors in multiples of 8 (cuDNN 7). */
const ALIGNED = 8;

/** From a bound itself, no search gets away. */
const EDGE = 1.01;

/**
 * Filter gradients are slow for two reasons that measurements tell apart badly, by their rate or by storing their tiles: the
 * search begins at both.
 */
const FILTER_STARTS: readonly Searched[] = [
  {},
  {
    filterGradientShare: { ...CONVOLUTION.filterGradientShare, start: 0.95 },
    filterTileSteps: { ...CONVOLUTION.filterTileSteps, start: 300 },
  },
];

const SPLITS = [1, 4, 64];

const DTYPE: Readonly<Record<Subject['precision'], DType>> = { fp32: 'float32', fp16_mixed: 'float16' };

/** Predicted over measured, for a device with these kernels. */
function ratiosOf(
  device: DeviceModel,
  dtype: DType,
  kernels: readonly MeasuredKernel[],
  parameters: KernelParameters,
): number[] {
  const model = { parameters, own: {} };
  const changed = { ...device, kernels: { default: model, [dtype]: model } };
  return kernels.map(({ work, seconds }) => kernelSeconds(work, changed) / seconds);
}

type Searched = Readonly<Record<string, SearchedParameter>>;

/** What is known of a subject's kernels. */
interface Measured {
  readonly subject: Subject;
  readonly device: DeviceModel;
  readonly dtype: DType;
  /** What parameters are fitted to: products and convolutions. */
  readonly fitted: readonly MeasuredKernel[];
  /** Products in time steps, which show how far those of products carry. */
  readonly recurrent: readonly MeasuredKernel[];
}

function measure(subject: Subject): Measured {
  const all = measuredKernels(subject.measured, subject.precision);
  return {
    subject,
    device: findDevice(subject.device),
    dtype: DTYPE[subject.precision],
    fitted: all.filter(({ kind }) => kind !== 'recurrent layer'),
    recurrent: all.filter(({ kind }) => kind === 'recurrent layer'),
  };
}

const ofKind = (kernels: readonly MeasuredKernel[], wanted: MeasuredKernel['kind']): MeasuredKernel[] =>
  kernels.filter(({ kind }) => kind === wanted);

function search({ subject, device, dtype, fitted }: Measured): KernelParameters {
  const products = ofKind(fitted, 'product');
  const convolutions = ofKind(fitted, 'convolution');
  const errorOf = (kernels: readonly MeasuredKernel[], parameters: KernelParameters): number =>
    robustError(ratiosOf(device, dtype, kernels, parameters));
  const ofProducts: Searched = device.kind === 'CPU' ? PRODUCT_ON_CPU : PRODUCT;
  const ofConvolutions: Searched = subject.winograd ? { ...CONVOLUTION, ...WINOGRAD } : CONVOLUTION;
  let parameters: KernelParameters = {
    ...NEUTRAL_KERNELS,
    tileSteps: CONVOLUTION.tileSteps.start,
    alignedChannels: subject.precision === 'fp32' ? 1 : ALIGNED,
  };
  // Products first: convolutions are made of them. Once more from there, as tiles' start and end are known from convolutions.
  for (const isAgain of [false, true]) {
    const from = (searched: Searched): Searched => (isAgain ? startingAt(searched, parameters) : searched);
    const candidates = SPLITS.map((maxSplits) => {
      const known = { ...parameters, maxSplits };
      const found = boundedSearch(from(ofProducts), (values) => errorOf(products, { ...known, ...values }));
      return { ...known, ...found };
    });
    parameters = leastBy(candidates, (candidate) =>
      mean(ratiosOf(device, dtype, products, candidate).map((ratio) => Math.abs(ratio - 1))),
    );
    const known = parameters;
    const found = (isAgain ? [{}] : FILTER_STARTS).map((start) => {
      const begin = { ...from(ofConvolutions), ...start };
      const values = boundedSearch(begin, (at) => errorOf(convolutions, { ...known, ...at }), {
        evaluations: 1200,
      });
      return { ...known, ...values };
    });
    parameters = leastBy(found, (candidate) => errorOf(convolutions, candidate));
  }
  return parameters;
}

/** The search begun at what is known, inside the bounds. */
function startingAt(searched: Searched, known: KernelParameters): Searched {
  const inside = Object.entries(searched).map(([name, { least, most }]) => {
    const value = known[name as keyof KernelParameters];
    return [name, { least, most, start: Math.min(most / EDGE, Math.max(least * EDGE, value)) }];
  });
  return Object.fromEntries(inside);
}

function leastBy<T>(candidates: readonly T[], value: (candidate: T) => number): T {
  return candidates.reduce((best, candidate) => (value(candidate) < value(best) ? candidate : best));
}

/** Parameters with how far they are from what was measured. */
function judged(
  { device, dtype, fitted, recurrent }: Measured,
  parameters: KernelParameters,
): FittedParameters {
  const residuals = (kernels: readonly MeasuredKernel[]): Residuals =>
    residualsOf(ratiosOf(device, dtype, kernels, parameters));
  return {
    parameters: fittedParameters(parameters),
    residuals: residuals(fitted),
    parts: {
      products: residuals(ofKind(fitted, 'product')),
      convolutions: residuals(ofKind(fitted, 'convolution')),
      ...(recurrent.length > 0 && { 'recurrent layers, not fitted': residuals(recurrent) }),
    },
  };
}

/**
 * The parameters that the device would have without measurements of its own: of each the geometric mean of the other
 * devices', and the share of products that its largest product reaches, as datasheets of achieved rates have it.
 */
function withoutOwn(one: Measured, others: readonly KernelParameters[]): KernelParameters {
  const typical = { ...NEUTRAL_KERNELS } as { -readonly [P in keyof KernelParameters]: number };
  for (const name of Object.keys(typical) as (keyof KernelParameters)[]) {
    const values = others.map((parameters) => parameters[name]);
    typical[name] = values.includes(0) ? 0 : Math.exp(mean(values.map(Math.log)));
  }
  typical.maxSplits = NEUTRAL_KERNELS.maxSplits;
  const products = ofKind(one.fitted, 'product');
  const largest = products.reduce((most, each) => (each.work.flops > most.work.flops ? each : most));
  const { productShare } = boundedSearch({ productShare: PRODUCT.productShare }, (values) =>
    robustError(ratiosOf(one.device, one.dtype, [largest], { ...typical, ...values })),
  );
  return { ...typical, productShare };
}

/** Devices whose kernels are of one making, so that one may stand for another. */
const alike = (one: Subject, other: Subject): boolean =>
  one !== other && one.precision === other.precision && one.winograd && other.winograd;

/** Kernels of devices of which Baidu's DeepBench measured matrix products and convolutions. */
export const componentKernels: Fitter = {
  what: 'kernels, by Baidu DeepBench',
  ids: 'kernels-',
  fits: () => {
    const measured = SUBJECTS.map(measure);
    const found = measured.map(search);
    return measured.map((one, i): Fit => {
      const { subject, device, dtype } = one;
      const on = { data: 'deepbench', where: { device: subject.measured, precision: subject.precision } };
      const others = found.filter((_, j) => alike(subject, SUBJECTS[j]!));
      return {
        id: `kernels-${subject.id}`,
        what: `Kernels of ${device.name} in ${dtype}`,
        method:
          'Nelder and Mead on the mean of |log(predicted / measured)|, of which what is beyond 0.25 counts a quarter: parameters of products, then of convolutions, twice; a fold has the geometric means of the other devices, and the share of products of its largest product',
        on: [on],
        ...judged(one, found[i]!),
        folds: others.length === 0 ? [] : [{ leftOut: on, ...judged(one, withoutOwn(one, others)) }],
      };
    });
  },
};

/** What a committed fit's parameters come to on what it was fitted on: tests hold fits against it, without a search. */
export function judgedAgain({ id, parameters }: Fit): FittedParameters | undefined {
  const subject = SUBJECTS.find((one) => `kernels-${one.id}` === id);
  return subject && judged(measure(subject), { ...NEUTRAL_KERNELS, ...parameters });
}
