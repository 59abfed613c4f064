import { communicationTime } from '../../../devices/communication/communication-seconds.ts';
import {
  type CommunicationParameters,
  communicationParameters,
} from '../../../devices/communication/parameters.ts';
import type { Fit, FittedOn, FittedParameters } from '../../../devices/fit.ts';
import { boundedSearch, type SearchedParameter } from './bounded-search.ts';
import type { Fitter } from './fitter.ts';
import { collectivesOf, type MeasuredCollective, VTRAIN, vtrainCollectives } from './measured-collectives.ts';
import { residualsOf, robustError } from './residuals.ts';

/*
 * Constants of communication libraries, medium by medium, each from all-reduces over it alone. What communication-seconds.ts
 * says of a collective is compared with its measured time; steps of training are not looked at.
 */

type Name = keyof CommunicationParameters;
type Search = { readonly [N in Name]?: SearchedParameter };

/** One fit: which parameters, on which measurements, and what is left out in turn. */
interface MediumFit {
  readonly id: string;
  readonly what: string;
  readonly search: Search;
  readonly points: () => readonly MeasuredCollective[];
  readonly on: readonly FittedOn[];
  readonly leftOut: readonly FittedOn[];
}

const micro = (start: number, least: number, most: number): SearchedParameter => ({
  start: start * 1e-6,
  least: least * 1e-6,
  most: most * 1e-6,
});
const share = (start: number, least = 0.3, most = 1): SearchedParameter => ({ start, least, most });

const NCCL = 'nccl_collectives';
const A100 = `${NCCL}/a100_8gpu_1node`;
const SMALL_SIZES = [15, 16, 17, 18, 19].map((power) => 2 ** power);
const RANKS = [2, 3, 4, 5, 6, 7, 8];
const IN_SWITCH = [`${NCCL}/h200_8gpu_1node`, `${NCCL}/b200_8gpu_1node`];
const PCIE = ['deepbench/allreduce_gtx_1080_ti', 'deepbench/allreduce_titan_x_pascal'];
const LATENCY = `${NCCL}/nccl_latency_issue652`;

const ofClaims = (source: string, claims: readonly string[]): readonly MeasuredCollective[] =>
  collectivesOf(source).filter(({ data }) => claims.includes(data));

const MEDIA: readonly MediumFit[] = [
  {
    id: 'collectives-nvlink',
    what: 'All-reduces over NVLink: start, steps of LL128 and Simple, shares of the bandwidth',
    search: {
      baseSeconds: micro(30, 1, 100),
      peerStepLL128: micro(2, 0.2, 20),
      peerStepSimple: micro(4, 0.2, 40),
      shareLL128: share(0.85, 0.3, 0.99),
      copyShare: share(0.25, 0.02, 5),
      nvlink2Share: share(1.1, 0.5, 1.25),
      nvlink3Share: share(1.01, 0.5, 1.25),
      forwardShare: share(0.8),
    },
    points: vtrainCollectives,
    on: [{ data: 'vtrain-allreduce' }, { data: VTRAIN }],
    leftOut: RANKS.map((workers) => ({ data: VTRAIN, where: { workers } })),
  },
  {
    id: 'collectives-small',
    what: 'Small all-reduces over NVLink: steps and share of LL',
    search: { peerStepLL: micro(0.7, 0.05, 10), shareLL: share(0.2, 0.03, 0.5) },
    points: () => ofClaims(NCCL, [A100]).filter(({ task }) => SMALL_SIZES.includes(task.bytes)),
    on: SMALL_SIZES.map((bytes) => ({ data: A100, where: { bytes } })),
    leftOut: SMALL_SIZES.map((bytes) => ({ data: A100, where: { bytes } })),
  },
  {
    id: 'collectives-pcie',
    what: 'All-reduces over PCIe, and over one network adapter of hosts without NVLink',
    search: {
      busStepSimple: micro(3.4, 0.2, 40),
      busShare: share(0.9, 0.3, 1.1),
      bridgeShare: share(0.7),
      stagedShare: share(0.85),
    },
    points: () => ofClaims('deepbench', PCIE),
    on: PCIE.map((data) => ({ data })),
    leftOut: PCIE.map((data) => ({ data })),
  },
  {
    id: 'collectives-in-switch',
    what: 'All-reduces that NVSwitch reduces: start, and how the rate grows with the size',
    search: {
      inSwitchBaseSeconds: micro(18, 1, 100),
      inSwitchRamp: { start: 1.3e-14, least: 1e-15, most: 1e-13 },
    },
    points: () => ofClaims(NCCL, IN_SWITCH),
    on: IN_SWITCH.map((data) => ({ data })),
    leftOut: IN_SWITCH.map((data) => ({ data })),
  },
  {
    id: 'collectives-network',
    what: 'All-reduces of a few bytes among 32 nodes: steps of LL over the network',
    search: { networkStepLL: micro(3, 0.3, 30) },
    points: () => ofClaims(NCCL, [LATENCY]),
    on: [{ data: LATENCY }],
    leftOut: [],
  },
];

const METHOD =
  'Nelder–Mead on the mean of |log(predicted / measured)|, robust beyond a quarter; each medium by itself, NVLink first';

const ratio = (point: MeasuredCollective, parameters: CommunicationParameters): number =>
  (communicationTime(point.task, point.paths, parameters).seconds + point.besides) / point.seconds;

function searched(
  { search }: MediumFit,
  points: readonly MeasuredCollective[],
  others: CommunicationParameters,
): Readonly<Record<string, number>> {
  return boundedSearch(search as Readonly<Record<string, SearchedParameter>>, (values) =>
    robustError(points.map((point) => ratio(point, { ...others, ...values }))),
  );
}

const isOf = ({ data, workers, task }: MeasuredCollective, { data: of, where = {} }: FittedOn): boolean =>
  data === of &&
  (where.workers === undefined || where.workers === workers) &&
  (where.bytes === undefined || where.bytes === task.bytes);

function fitted(
  parameters: Readonly<Record<string, number>>,
  points: readonly MeasuredCollective[],
  others: CommunicationParameters,
): FittedParameters {
  return {
    parameters,
    residuals: residualsOf(points.map((point) => ratio(point, { ...others, ...parameters }))),
  };
}

function fitOf(medium: MediumFit, others: CommunicationParameters): Fit {
  const { id, what, on, leftOut } = medium;
  const points = medium.points();
  return {
    id,
    what,
    method: METHOD,
    on,
    ...fitted(searched(medium, points, others), points, others),
    folds: leftOut.map((out) => {
      const left = points.filter((point) => isOf(point, out));
      const rest = points.filter((point) => !isOf(point, out));
      return { leftOut: out, ...fitted(searched(medium, rest, others), left, others) };
    }),
  };
}

/** What each medium's fit does not search for is as fits before it found, or where their searches start. */
export const collectives: Fitter = {
  what: 'Collectives of GPUs',
  ids: 'collectives-',
  fits: () => {
    const starts = MEDIA.flatMap(({ search }) => Object.entries(search));
    let parameters = communicationParameters(
      Object.fromEntries(starts.map(([name, { start }]) => [name, start])),
    );
    return MEDIA.map((medium) => {
      const fit = fitOf(medium, parameters);
      parameters = { ...parameters, ...fit.parameters };
      return fit;
    });
  },
};
