import { getOrMake } from '../../base/get-or-make.ts';
import {
  type ClaimScore,
  type KindScore,
  type PointStatus,
  type SourceScore,
  VALIDATION_VERSION,
  type ValidatedPoint,
  type Validation,
} from '../validation.ts';
import { version } from '../version.ts';
import { atShareOfPeak, fittedShare } from './baselines.ts';
import type { Claim } from './claim.ts';
import { coverageOf, type HeldOut, heldOutIntervals } from './coverage.ts';
import { CONFIDENCE, type Question, type Residual } from './intervals.ts';
import type { LedgerPoint } from './ledger-point.ts';
import type { Ledger } from './load.ts';
import { isRelative, powerOfTime } from './metrics.ts';
import { pointLabels } from './point-labels.ts';
import type { PointOutcome, PointPrediction } from './predict-point.ts';
import { counts, scoreOf } from './scores.ts';
import type { PointTask } from './tasks.ts';

export interface ValidateOptions {
  /** Mean absolute percentage error that every claim may have, instead of its own bound. */
  readonly boundPercent?: number | undefined;
  /** Ids of devices that components were measured of. */
  readonly measuredDevices?: readonly string[];
}

/** What was predicted for the points of a ledger, held against what was measured. `outcomes` are those of `tasks`. */
export function validationOf(
  ledgers: readonly Ledger[],
  tasks: readonly PointTask[],
  outcomes: readonly PointOutcome[],
  { boundPercent, measuredDevices = [] }: ValidateOptions = {},
): Validation {
  const answered = tasks.map((task, i) => ({ ...task, outcome: outcomes[i]! }));
  const heldOut = intervalsOf(answered, measuredDevices);
  const shares = sharesOf(answered);
  const labels = pointLabels(tasks.map(({ point }) => point));
  const points = answered.map((one, i) =>
    validated(one, labels[i]!, shares.get(groupOf(one.point)) ?? 1, heldOut.get(i)),
  );
  const placesBy = (of: (point: ValidatedPoint) => string): Map<string, number[]> => {
    const groups = new Map<string, number[]>();
    for (const [i, point] of points.entries()) getOrMake(groups, of(point), () => []).push(i);
    return groups;
  };
  const bySource = placesBy(({ source }) => source);
  const byClaim = placesBy(({ source, claim }) => `${source}/${claim}`);
  const claimScore = (source: string, claim: Claim): ClaimScore => {
    const places = byClaim.get(`${source}/${claim.id}`) ?? [];
    const score = scoreOf(points, places);
    const bound = boundPercent ?? claim.bound ?? null;
    const isGate = claim.provenance.kind === 'seen';
    const failed = places.some((i) => points[i]!.status === 'failed');
    return {
      ...score,
      claim: claim.id,
      what: claim.what,
      kind: claim.kind,
      provenance: provenanceInWords(claim.provenance),
      boundPercent: bound,
      holds: bound === null || !isGate || (score.meanAbsolutePercent <= bound && !failed),
    };
  };
  return {
    format: 'stepcast validation',
    version: VALIDATION_VERSION,
    program: version,
    sources: ledgers.map(({ file }): SourceScore => {
      const places = bySource.get(file.id) ?? [];
      return {
        ...scoreOf(points, places),
        source: file.id,
        title: file.source.title,
        statuses: statusesOf(places.map((i) => points[i]!)),
        claims: file.claims.map((claim) => claimScore(file.id, claim)),
        leftOut: (file.left_out ?? []).map(({ points = null, ...claim }) => ({ ...claim, points })),
      };
    }),
    kinds: [...placesBy(({ kind }) => kind)].map(
      ([kind, places]): KindScore => ({
        ...scoreOf(points, places),
        kind,
        sources: new Set(places.map((i) => points[i]!.source)).size,
      }),
    ),
    total: scoreOf(points, [...points.keys()]),
    points,
    coverage: { confidence: CONFIDENCE, of: coverageOf([...heldOut.values()]) },
  };
}

interface Answered extends PointTask {
  readonly outcome: PointOutcome;
}

const isPrediction = (outcome: PointOutcome): outcome is PointPrediction => 'predicted' in outcome;

/** What one constant is fitted on. */
const groupOf = ({ source, kind }: Pick<LedgerPoint, 'source' | 'kind'>): string => `${kind}/${source}`;

/** The share of peak that suits the counted points of each source and kind best. */
function sharesOf(answered: readonly Answered[]): Map<string, number> {
  const groups = new Map<string, { metric: LedgerPoint['metric']; measured: number; ideal: number }[]>();
  for (const { point, status, outcome } of answered) {
    if (!counts({ status }) || !isPrediction(outcome) || finite(outcome.ideal) === null) continue;
    const { metric, measured } = point;
    getOrMake(groups, groupOf(point), () => []).push({ metric, measured, ideal: outcome.ideal });
  }
  return new Map([...groups].map(([group, points]) => [group, fittedShare(points)]));
}

function validated(
  { point, status, anchor, outcome }: Answered,
  label: string,
  share: number,
  heldOut: HeldOut | undefined,
): ValidatedPoint {
  const { source, claim, index, kind, metric, measured } = point;
  const device = deviceOf(point);
  const strategy = strategyOf(point);
  const known = { source, claim, index, kind, label, strategy, device, metric, measured };
  if (!isPrediction(outcome)) {
    return {
      ...known,
      ...{ devices: null, status: 'failed', anchored: false, seconds: null },
      ...{ measuredSeconds: null, predicted: null },
      ...{ constant: null, roofline: null, interval: null, why: outcome.why },
    };
  }
  const { seconds, devices, predicted, roofline, ideal } = outcome;
  const factor = heldOut?.interval?.factor;
  return {
    ...known,
    ...{ devices, status, anchored: anchor !== undefined, predicted, roofline: finite(roofline) },
    seconds,
    measuredSeconds: seconds * (measured / predicted) ** powerOfTime(metric),
    constant: finite(atShareOfPeak({ metric, ideal }, share)),
    interval: factor === undefined ? null : [predicted / factor, predicted * factor],
    why: '',
  };
}

/** Baselines say nothing of steps without arithmetic: these would take no time. */
const finite = (value: number): number | null => (value > 0 && Number.isFinite(value) ? value : null);

/** Per place of a counted point, the interval that other sources give it. */
function intervalsOf(
  answered: readonly Answered[],
  measuredDevices: readonly string[],
): Map<number, HeldOut> {
  const { places, residuals } = countedResiduals(answered);
  const heldOut = heldOutIntervals(residuals, measuredDevices);
  return new Map(places.map((place, i) => [place, heldOut[i]!]));
}

/** Of the points that count: their places, and how far they were off. */
export function countedResiduals(
  answered: readonly { point: LedgerPoint; status: PointStatus; anchor: unknown; outcome: PointOutcome }[],
): { places: number[]; residuals: Residual[] } {
  const places: number[] = [];
  const residuals: Residual[] = [];
  for (const [i, { point, status, anchor, outcome }] of answered.entries()) {
    if (!counts({ status }) || !isPrediction(outcome)) continue;
    const { kind, metric, measured, source } = point;
    const from = anchor !== undefined || isRelative(metric) ? 'measured' : 'catalog';
    const question: Question = { kind, from, device: deviceOf(point), sizes: outcome.sizes };
    places.push(i);
    residuals.push({ source, question, log: powerOfTime(metric) * Math.log(measured / outcome.predicted) });
  }
  return { places, residuals };
}

/** Id of the device that computes; of none that the point names, ''. */
function deviceOf({ cluster, fields }: LedgerPoint): string {
  if (cluster !== undefined) return cluster.workers.accelerator ?? cluster.workers.cpu;
  return typeof fields.device === 'string' ? fields.device : '';
}

/** Dimensions over which devices divide a model and its samples. */
const DIVISIONS = ['tensor', 'pipeline', 'data', 'context', 'expert'];
/** Fields that say how devices work together. */
const UNSAID: ReadonlySet<string> = new Set(['none', 'auto']);
const WAYS = ['exchange', 'mode', 'placement', 'sharding', 'collective', 'phase'];

function strategyOf({ fields }: LedgerPoint): string {
  const divided = DIVISIONS.filter((key) => Number(fields[key] ?? 1) > 1);
  const ways = WAYS.map((key) => fields[key]).filter((way) => typeof way === 'string' && !UNSAID.has(way));
  return [divided.join(' × '), ...ways].filter((word) => word !== '').join(', ');
}

function statusesOf(points: readonly ValidatedPoint[]): SourceScore['statuses'] {
  const found = { validated: 0, 'cross-validated': 0, fitted: 0, anchor: 0, ordering: 0, failed: 0 };
  for (const { status } of points) found[status]++;
  return found;
}

function provenanceInWords({ kind, tier, read_from, where, confidence }: Claim['provenance']): string {
  const read = kind === 'seen' ? (tier === undefined ? 'seen' : `seen, ${tier}`) : 'recalled';
  const words = [read, read_from, where, confidence === undefined ? undefined : `confidence ${confidence}`];
  return words.filter((word) => word !== undefined).join('; ');
}
