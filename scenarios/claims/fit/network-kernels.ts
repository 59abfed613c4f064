import { invariant } from '../../../base/errors.ts';
import type { DeviceModel } from '../../../devices/device.ts';
import type { Fit, FittedParameters } from '../../../devices/fit.ts';
import { type KernelParameters, NEUTRAL_KERNELS } from '../../../devices/kernels/parameters.ts';
import { boundedSearch, type SearchedParameter } from './bounded-search.ts';
import { fittedParameters } from './fitted-parameters.ts';
import type { Fitter } from './fitter.ts';
import { type MeasuredNetwork, measuredNetworks, networkDevice, networkRatios } from './networks.ts';
import { residualsOf, robustError } from './residuals.ts';

/**
 * A device of which nobody measured single kernels, but steps of whole networks. Its shares are fitted to these; what else
 * kernels are like (tiles, latencies) it takes from a relative whose kernels were measured.
 */
interface Subject {
  readonly id: string;
  readonly source: string;
  readonly claims: readonly string[];
  readonly hardware: string;
  /** Id of the fit that the rest is from. */
  readonly relative: string;
  /** Libraries of that time have Winograd's algorithm for the relative, but not for the device. */
  readonly winograd?: false;
  /** What the networks are enough to tell. */
  readonly searched: Searched;
}

type Searched = Partial<Record<keyof KernelParameters, SearchedParameter>>;

const OVERALL: Searched = { productShare: { start: 0.6, least: 0.02, most: 1 } };
const BY_KIND: Searched = {
  ...OVERALL,
  elementwiseShare: { start: 0.6, least: 0.005, most: 1 },
  inputGradientShare: { start: 0.8, least: 0.05, most: 1.2 },
  filterGradientShare: { start: 0.8, least: 0.05, most: 1.2 },
};
const WITH_WINOGRAD: Searched = {
  ...BY_KIND,
  fusedWinogradShare: { start: 0.7, least: 0.05, most: 1.2 },
};

const TORCH = { source: 'cnn_benchmarks_cpu_gpu', claims: ['cpu_vs_gpu', 'cpu_vs_gpu.forward'] };
const TENSORFLOW = {
  source: 'tf_benchmarks_2017',
  claims: ['gce_k80_synth.one-device', 'gce_k80_synth_b32.one-device'],
};

const SUBJECTS: readonly Subject[] = [
  { id: 'k80', ...TENSORFLOW, hardware: 'gce', relative: 'kernels-m40', searched: OVERALL },
  {
    id: 'k40',
    ...TORCH,
    hardware: 'd-tesla-k40c',
    relative: 'kernels-m40',
    winograd: false,
    searched: BY_KIND,
  },
  {
    id: 'gtx-1080',
    ...TORCH,
    hardware: 'd-gtx-1080',
    relative: 'kernels-gtx-1080-ti',
    searched: WITH_WINOGRAD,
  },
  {
    id: 'xeon-e5-2630v3',
    ...TORCH,
    hardware: 'd-2x-xeon-e5-2630-v3',
    relative: 'kernels-knl',
    searched: BY_KIND,
  },
];

const NO_WINOGRAD = { fusedWinogradShare: 0, winogradShare: 0, winogradFilterShare: 0 };

function fitSubject(subject: Subject, earlier: readonly Fit[]): Fit {
  const { source, claims, hardware } = subject;
  const device = networkDevice(source, hardware);
  const networks = measuredNetworks(source, claims, hardware);
  const relative = earlier.find(({ id }) => id === subject.relative);
  invariant(relative !== undefined, `${subject.relative} is fitted later than ${subject.id}`);
  const models = [...new Set(networks.map(({ model }) => model))];
  return {
    id: `kernels-${subject.id}`,
    what: `Kernels of ${device.name} in float32`,
    method: `Nelder and Mead on the mean of |log(predicted / measured)| of whole networks, of which what is beyond 0.25 counts a quarter; all but ${Object.keys(subject.searched).join(', ')} from ${subject.relative}`,
    on: claims.map((claim) => ({ data: `${source}/${claim}`, where: { hardware } })),
    ...fitted(subject, relative, device, networks, networks),
    folds: models.flatMap((model) => {
      const left = networks.filter((network) => network.model === model);
      const others = networks.filter((network) => network.model !== model);
      const without = fitted(subject, relative, device, others, left);
      return claims.map((claim) => ({
        leftOut: { data: `${source}/${claim}`, where: { hardware, model } },
        ...without,
      }));
    }),
  };
}

/** Parameters fitted on networks `on`, and how far they are from `of`. */
function fitted(
  { winograd, searched }: Subject,
  relative: Fit,
  device: DeviceModel,
  on: readonly MeasuredNetwork[],
  of: readonly MeasuredNetwork[],
): FittedParameters {
  const known: KernelParameters = {
    ...NEUTRAL_KERNELS,
    ...relative.parameters,
    ...(winograd === false && NO_WINOGRAD),
  };
  const found = boundedSearch(searched as Readonly<Record<string, SearchedParameter>>, (values) =>
    robustError(networkRatios(device, on, { ...known, ...values })),
  );
  const parameters = { ...known, ...found };
  return {
    parameters: fittedParameters(parameters),
    residuals: residualsOf(networkRatios(device, of, parameters)),
  };
}

/** Kernels of devices of which there are networks alone. */
export const networkKernels: Fitter = {
  what: 'kernels, by networks on one device',
  ids: 'kernels-',
  fits: (earlier) => SUBJECTS.map((subject) => fitSubject(subject, earlier)),
};
