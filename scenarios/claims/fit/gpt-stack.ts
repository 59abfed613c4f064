import { join } from 'node:path';
import { nonNegativeLeastSquares } from '../../../base/least-squares.ts';
import { CATALOG, type Catalog } from '../../../devices/catalog/catalog.ts';
import type { Fit, FittedOn, FittedParameters } from '../../../devices/fit.ts';
import { blockKey, type StackModel } from '../../../devices/stack.ts';
import { committedLedger } from '../committed.ts';
import { type GptFields, gpt } from '../kinds/gpt.ts';
import type { LedgerPoint } from '../ledger-point.ts';
import { loadClaims } from '../load.ts';
import type { Fitter } from './fitter.ts';
import { residualsOf, robustError } from './residuals.ts';

/*
 * The stack of Megatron-DeepSpeed on A100s, by the iterations that Bang et al. ("vTrain", MICRO 2024) published.
 *
 * Blocks. On one host without a pipeline, an iteration of m micro-batches of L blocks takes
 *
 *     seconds = m · (ends + L · block) + what follows the last micro-batch
 *
 * where `block` and `ends` (embedding and loss) depend on widths, tensor ranks and words only. What follows (exchange of gradients,
 * update) is predicted; both unknowns of each shape are the least squares of relative errors over depths and replicas.
 *
 * Dispatch. Of shapes without measured blocks: the time of the host to issue one op, for which the model's kernels alone come nearest
 * to the same iterations.
 *
 * Network. The share of the adapters' rate that exchanges between hosts reach, by the iterations of many hosts.
 */

const SOURCE = 'vtrain_ground_truth';
const STACK = 'megatron-deepspeed';
const DEVICES = ['a100', 'a100-80gb'];
const ONE_HOST: FittedOn = { data: `${SOURCE}/single_node`, where: { pipeline: 1 } };
const MANY_HOSTS: FittedOn = { data: `${SOURCE}/multi_node` };

type Point = LedgerPoint & { readonly fields: GptFields };

/** Blocks and dispatch, left out by model size; the network's share, by width. */
export const gptStack: Fitter = {
  what: 'Megatron-DeepSpeed on A100s',
  ids: 'megatron-',
  fits: () => {
    const points = loadClaims(join(committedLedger(), `${SOURCE}.yaml`)).points as readonly Point[];
    const one = points.filter(({ claim, fields }) => claim === 'single_node' && fields.pipeline === 1);
    const many = points.filter(({ claim }) => claim === 'multi_node');
    return [blocksFit(one), networkFit(many)];
  },
};

function blocksFit(points: readonly Point[]): Fit {
  const sizes = distinct(points.map(({ fields: { hidden, layers } }) => ({ hidden, layers })));
  const widths = distinct(points.map(({ fields: { hidden } }) => ({ hidden })));
  return {
    id: 'megatron-deepspeed-a100',
    what: 'Blocks of Transformers, and dispatch of an op, by Megatron-DeepSpeed on an A100',
    method:
      'least squares of relative errors per width, tensor ranks and micro-batch; dispatch by golden section of the robust error of iterations predicted without measured blocks',
    on: [ONE_HOST],
    ...fittedBlocks(points, points),
    folds: [...sizes, ...widths].map((where) => {
      const isLeftOut = (point: Point): boolean => has(point, where);
      const left = points.filter(isLeftOut);
      return {
        leftOut: { data: ONE_HOST.data, where },
        ...fittedBlocks(
          points.filter((p) => !isLeftOut(p)),
          left,
        ),
      };
    }),
  };
}

function fittedBlocks(from: readonly Point[], on: readonly Point[]): FittedParameters {
  const dispatchSeconds = goldenSection(
    (seconds) => robustError(ratios(from, catalogOf({ dispatchSeconds: seconds }))),
    5e-6,
    80e-6,
  );
  const parameters: Record<string, number> = { dispatchSeconds: rounded(dispatchSeconds) };
  const shapes = new Map<string, Point[]>();
  for (const point of from) {
    const key = blockKey('block', point.fields);
    shapes.set(key, [...(shapes.get(key) ?? []), point]);
  }
  for (const group of [...shapes.values()]) {
    if (new Set(group.map(({ fields }) => fields.layers)).size < 2) continue;
    const { block, ends } = blockOf(group);
    parameters[blockKey('block', group[0]!.fields)] = rounded(block);
    parameters[blockKey('ends', group[0]!.fields)] = rounded(ends);
  }
  return { parameters, residuals: residualsOf(ratios(on, catalogOf(parameters))) };
}

/** What follows the last micro-batch is what is predicted where blocks take no time. */
function blockOf(group: readonly Point[]): { block: number; ends: number } {
  const nothing = Object.fromEntries(
    group.flatMap(({ fields }) => [
      [blockKey('block', fields), 1e-12],
      [blockKey('ends', fields), 1e-12],
    ]),
  );
  const catalog = catalogOf(nothing);
  const rows = group.map(({ fields, measured, cluster }) => {
    const rest = gpt.predict(fields, { cluster, catalog, kernelFactor: 1 }).seconds;
    const microBatches = fields.batch / ((fields.data ?? 1) * fields.micro_batch);
    return {
      terms: [(microBatches * fields.layers) / measured, microBatches / measured],
      value: 1 - rest / measured,
    };
  });
  const [block, ends] = nonNegativeLeastSquares(
    rows.map(({ terms }) => terms),
    rows.map(({ value }) => value),
  ) as [number, number];
  return { block, ends };
}

function networkFit(points: readonly Point[]): Fit {
  const widths = distinct(points.map(({ fields: { hidden } }) => ({ hidden })));
  return {
    id: 'megatron-deepspeed-network',
    what: 'Share of the network that exchanges of Megatron-DeepSpeed reach, on hosts of eight A100s with four adapters',
    method: 'golden section of the robust error of iterations',
    on: [MANY_HOSTS],
    ...fittedNetwork(points, points),
    folds: widths.map((where) => {
      const isLeftOut = (point: Point): boolean => has(point, where);
      return {
        leftOut: { data: MANY_HOSTS.data, where },
        ...fittedNetwork(
          points.filter((p) => !isLeftOut(p)),
          points.filter(isLeftOut),
        ),
      };
    }),
  };
}

function fittedNetwork(from: readonly Point[], on: readonly Point[]): FittedParameters {
  // Times are lines in the inverse of the share, but for what overlaps: two of them give all.
  const networkShare = rounded(
    goldenSection((share) => robustError(ratios(from, catalogOf({ networkShare: share }))), 0.2, 1),
  );
  return { parameters: { networkShare }, residuals: residualsOf(ratios(on, catalogOf({ networkShare }))) };
}

function ratios(points: readonly Point[], catalog: Catalog): number[] {
  return points.map(
    ({ fields, measured, cluster }) =>
      gpt.predict(fields, { cluster, catalog, kernelFactor: 1 }).seconds / measured,
  );
}

/** The catalog with these numbers for the stack: only those of the parameters' blocks are measured. */
function catalogOf(parameters: Readonly<Record<string, number>>): Catalog {
  const stack = CATALOG.stack(STACK);
  const { dispatchSeconds, networkShare, ...others } = stack;
  const given = (old: StackModel['dispatchSeconds'], name: string) => ({
    ...old,
    value: parameters[name] ?? old.value,
  });
  const changed: StackModel = {
    ...others,
    dispatchSeconds: given(dispatchSeconds, 'dispatchSeconds'),
    ...(networkShare !== undefined && { networkShare: given(networkShare, 'networkShare') }),
    measuredBlocks: { devices: DEVICES, seconds: parameters },
  };
  return { ...CATALOG, stack: (id) => (id === STACK ? changed : CATALOG.stack(id)) };
}

function has({ fields }: Point, where: Readonly<Record<string, number>>): boolean {
  return Object.entries(where).every(([key, value]) => fields[key as 'hidden'] === value);
}

function distinct(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>>[] {
  const found = new Map(all.map((one) => [JSON.stringify(one), one]));
  return [...found.keys()].sort().map((key) => found.get(key)!);
}

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Where a function of one number with one valley is least, to a thousandth of the interval. */
function goldenSection(of: (x: number) => number, least: number, most: number): number {
  let [a, b] = [least, most];
  let [c, d] = [b - GOLDEN * (b - a), a + GOLDEN * (b - a)];
  let [atC, atD] = [of(c), of(d)];
  while (b - a > 1e-3 * (most - least)) {
    if (atC < atD) {
      [b, d, atD] = [d, c, atC];
      c = b - GOLDEN * (b - a);
      atC = of(c);
    } else {
      [a, c, atC] = [c, d, atD];
      d = a + GOLDEN * (b - a);
      atD = of(d);
    }
  }
  return (a + b) / 2;
}

const rounded = (value: number): number => Number(value.toPrecision(5));
