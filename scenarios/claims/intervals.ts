import { invariant } from '../../base/errors.ts';
import { getOrMake } from '../../base/get-or-make.ts';
import type { Coverage } from '../validation.ts';
import { Measured, outsideOf, type Range, type Ranges } from './measured.ts';

/*
 * Error bars: how far measurements were from predictions of the same kind of question says how far the next one will be.
 *
 * A prediction of t seconds is given the interval [t / f, t · f], where ln f is a quantile of |ln(measured / predicted)| over the
 * ledger's points, as in conformal prediction (Vovk, Gammerman & Shafer, Algorithmic Learning in a Random World, 2005).
 * Points of one source err alike, and the next question comes from none of them: so sources, not points, are what is
 * drawn (Dunn, Wasserman & Ramdas, Distribution-free prediction sets for two-layer hierarchical models, 2022, pooled
 * distributions): each of k sources has the weight 1 / k, which its points share, and over all sources the quantile is the one at
 * confidence · (1 + 1 / k).
 *
 * Classes of questions are nested, from all to one kind, inside the range or not, of a known device or not. A class of
 * few sources says little by itself, and is drawn towards the class around it as if that had PRIOR_SOURCES sources in it:
 * ln f = (k · its quantile + PRIOR_SOURCES · ln f of the class around it) / (k + PRIOR_SOURCES). That has no proof of
 * coverage; how often it holds is measured by leaving one source out after the other (coverage.ts).
 */

export const CONFIDENCE = 0.8;

/** What is asked, as far as it decides how good the answer is. */
export interface Question {
  /** Of claims. */
  readonly kind: string;
  /** Whether kernels are as fast as the catalog says, or as one device was measured to be, so that only scaling is predicted. */
  readonly from: 'catalog' | 'measured';
  /** Id of the device. */
  readonly device: string;
  /** By name: devices, parameters … */
  readonly sizes: Readonly<Record<string, number>>;
}

/** A question of the ledger, answered. */
export interface Residual {
  readonly source: string;
  readonly question: Question;
  /** ln(measured seconds / predicted seconds). */
  readonly log: number;
}

/** How far questions of one class were off. Undefined: whatever it is. */
export interface Pool {
  readonly kind?: string;
  readonly from?: Question['from'];
  /** Whether other sources measured the device, and whether all sizes are in the range that they have. */
  readonly deviceKnown?: boolean;
  readonly sizesInside?: boolean;
  readonly points: number;
  readonly sources: number;
  /** The interval is [seconds / factor, seconds · factor]. */
  readonly factor: number;
}

/** What intervals are made of: residuals.json. */
export interface LearntIntervals {
  readonly format: 'stepcast-residuals/1';
  readonly confidence: number;
  readonly pools: readonly Pool[];
  /** Per kind, of each size that was measured. */
  readonly ranges: Readonly<Record<string, Ranges>>;
  /** Ids of devices that were measured, whole or by component. */
  readonly devices: readonly string[];
}

/** As they are committed, with how often they hold where one source is left out. */
export interface CommittedIntervals extends LearntIntervals {
  readonly coverage: Coverage['of'];
}

export interface Interval {
  /** The true time is within [predicted / factor, predicted · factor] in the share `confidence` of all cases. */
  readonly factor: number;
  readonly confidence: number;
  /** What the factor was learnt from. */
  readonly pool: Pool;
  readonly deviceKnown: boolean;
  /** Sizes beyond what was measured. */
  readonly outside: readonly Outside[];
}

export interface Outside {
  readonly size: string;
  readonly value: number;
  /** What was measured; null where nothing was. */
  readonly range: Range | null;
}

/** With fewer sources in all there is no quantile at confidence · (1 + 1 / k). */
const FEWEST_SOURCES = 1 / (1 / CONFIDENCE - 1);
const PRIOR_SOURCES = 4;

/** Classes that a question belongs to, each in the one before it. */
const LADDER: readonly (readonly (keyof Classes)[])[] = [
  [],
  ['from'],
  ['kind', 'from'],
  ['kind', 'from', 'sizesInside'],
  ['kind', 'from', 'sizesInside', 'deviceKnown'],
];

type Classes = Required<Pick<Pool, 'kind' | 'from' | 'deviceKnown' | 'sizesInside'>>;

/** Learns from all residuals. `measuredDevices`: those of which components were measured. */
export function learnIntervals(
  residuals: readonly Residual[],
  measuredDevices: readonly string[],
): LearntIntervals {
  const seen = new Measured(residuals, measuredDevices);
  const classified = residuals.map((residual) => {
    const { source, question } = residual;
    const classes = classesOf(question, seen.deviceKnown(question, source), seen.outside(question, source));
    return { residual, classes };
  });
  const pools = new Map<string, Pool>();
  for (const [rung, keys] of LADDER.entries()) {
    const members = new Map<string, { of: Partial<Classes>; around: string; residuals: Residual[] }>();
    for (const { residual, classes } of classified) {
      const of = restricted(classes, keys);
      const around = nameOf(restricted(classes, LADDER[rung - 1] ?? []));
      getOrMake(members, nameOf(of), () => ({ of, around, residuals: [] })).residuals.push(residual);
    }
    for (const [name, { of, around, residuals }] of members) {
      pools.set(name, { ...of, ...poolOf(residuals, rung === 0 ? undefined : pools.get(around)!) });
    }
  }
  const isEnough = new Set(residuals.map(({ source }) => source)).size >= FEWEST_SOURCES;
  return {
    format: 'stepcast-residuals/1',
    confidence: CONFIDENCE,
    pools: isEnough ? [...pools.values()] : [],
    ranges: seen.allRanges(),
    devices: seen.allDevices(),
  };
}

/** The interval of a prediction that answers `question`; undefined where nothing was learnt at all. */
export function intervalFor(question: Question, learnt: LearntIntervals): Interval | undefined {
  const deviceKnown = learnt.devices.includes(question.device);
  const outside = outsideOf(question, learnt.ranges[question.kind] ?? {});
  const known = [deviceKnown, ...(deviceKnown ? [] : [true])];
  const inside = [outside.length === 0, ...(outside.length === 0 ? [] : [true])];
  // What is harder to tell is never told more precisely than what is easier.
  const candidates = known.flatMap((deviceKnown) =>
    inside.map((sizesInside) => {
      const classes = { kind: question.kind, from: question.from, deviceKnown, sizesInside };
      return poolFor(classes, learnt.pools);
    }),
  );
  const found = candidates.filter((pool) => pool !== undefined);
  if (found.length === 0) return undefined;
  const pool = found.reduce((widest, one) => (one.factor > widest.factor ? one : widest));
  return { factor: pool.factor, confidence: learnt.confidence, pool, deviceKnown, outside };
}

/** The narrowest class that there were measurements of. */
function poolFor(classes: Classes, pools: readonly Pool[]): Pool | undefined {
  for (const rung of LADDER.toReversed()) {
    const name = nameOf(restricted(classes, rung));
    const found = pools.find((pool) => nameOf(pool) === name);
    if (found !== undefined) return found;
  }
  return undefined;
}

const nameOf = ({ kind, from, deviceKnown, sizesInside }: Partial<Classes>): string =>
  JSON.stringify([kind, from, deviceKnown, sizesInside]);

function restricted(classes: Classes, rung: readonly (keyof Classes)[]): Partial<Classes> {
  return Object.fromEntries(rung.map((key) => [key, classes[key]]));
}

function classesOf({ kind, from }: Question, deviceKnown: boolean, outside: readonly unknown[]): Classes {
  return { kind, from, deviceKnown, sizesInside: outside.length === 0 };
}

/** `around`: the class that this one is in. */
function poolOf(
  residuals: readonly Residual[],
  around: Pool | undefined,
): Pick<Pool, 'points' | 'sources' | 'factor'> {
  const bySource = new Map<string, number[]>();
  for (const { source, log } of residuals) getOrMake(bySource, source, () => []).push(Math.abs(log));
  const sources = bySource.size;
  const own = quantile(
    [...bySource.values()],
    around === undefined ? Math.min(1, CONFIDENCE * (1 + 1 / sources)) : CONFIDENCE,
  );
  const log =
    around === undefined
      ? own
      : (sources * own + PRIOR_SOURCES * Math.log(around.factor)) / (sources + PRIOR_SOURCES);
  return { points: residuals.length, sources, factor: Math.exp(log) };
}

/** The least value that the share `level` of all is not above, where every list has the same weight. */
function quantile(lists: readonly (readonly number[])[], level: number): number {
  const weighted = lists
    .flatMap((list) => list.map((value) => ({ value, weight: 1 / lists.length / list.length })))
    .sort((a, b) => a.value - b.value);
  let below = 0;
  for (const { value, weight } of weighted) {
    below += weight;
    // Sums of weights are rounded.
    if (below >= level - 1e-12) return value;
  }
  invariant(false, 'weights sum to less than one');
}
