import type { Fit, FittedOn, FittedParameters } from '../../devices/fit.ts';
import type { PointStatus } from '../validation.ts';
import type { ClaimKind } from './kinds/kind.ts';
import type { LedgerPoint } from './ledger-point.ts';

/** Parameters of fits, by id, in place of the catalog's. */
export type FoldParameters = Readonly<Record<string, FittedParameters['parameters']>>;

/** A point to predict. Plain data, so threads can be sent it. */
export interface PointTask {
  readonly point: LedgerPoint;
  /** Unless it cannot be predicted. */
  readonly status: Exclude<PointStatus, 'failed'>;
  /** The claim's point of one device, whose measured time the prediction starts from. */
  readonly anchor: LedgerPoint | undefined;
  /** Fits that the point was used for, as they are without it. */
  readonly without: FoldParameters | undefined;
}

/**
 * What is predicted for each point, and by what it counts. Where fits used a point it is predicted by their folds that left it out; where one
 * of them has no such fold, by the catalog as it is, and does not count. Where the claim is anchored, its points of one
 * device are what predictions start from, and do not count either.
 */
export function tasksFor(
  points: readonly LedgerPoint[],
  kinds: Readonly<Record<string, ClaimKind>>,
  fits: readonly Fit[],
): PointTask[] {
  const anchors = new Map<string, LedgerPoint>();
  const singleKey = (point: LedgerPoint): string | undefined => {
    const onOne = kinds[point.kind]?.onOneDevice as Readonly<Record<string, unknown>> | undefined;
    return point.anchor === 'none' || onOne === undefined
      ? undefined
      : keyOf(point, { ...point.fields, ...onOne });
  };
  const isSingle = (point: LedgerPoint): boolean => singleKey(point) === keyOf(point, point.fields);
  for (const point of points) if (isSingle(point)) anchors.set(keyOf(point, point.fields), point);
  const claims = new Set(points.map(({ source, claim }) => `${source}/${claim}`));
  return points.map((point): PointTask => {
    const single = isSingle(point);
    const anchor = single ? undefined : anchors.get(singleKey(point) ?? '');
    const { without, isFitted } = leftOut(point, fits, claims);
    return { point, status: statusOf(point, single, isFitted, without), anchor, without };
  });
}

function statusOf(
  { use }: LedgerPoint,
  isSingle: boolean,
  isFitted: boolean,
  without: FoldParameters | undefined,
): PointTask['status'] {
  if (use === 'ordering') return 'ordering';
  if (isSingle) return 'anchor';
  if (isFitted) return 'fitted';
  return without === undefined ? 'validated' : 'cross-validated';
}

/** Equal for points of a claim that are the same but for what was measured. */
function keyOf({ source, claim, hardware }: LedgerPoint, fields: LedgerPoint['fields']): string {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return JSON.stringify([source, claim, hardware, entries.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Fits that used the point: their parameters without it, or that one of them cannot do without. */
function leftOut(
  point: LedgerPoint,
  fits: readonly Fit[],
  claims: ReadonlySet<string>,
): { readonly without: FoldParameters | undefined; readonly isFitted: boolean } {
  const without: Record<string, FittedParameters['parameters']> = {};
  let isFitted = false;
  for (const { id, on, folds } of fits) {
    if (!on.some((data) => isOf(point, data, claims))) continue;
    const fold = folds.find(({ leftOut }) => isOf(point, leftOut, claims));
    if (fold === undefined) isFitted = true;
    else without[id] = fold.parameters;
  }
  return { without: isFitted || Object.keys(without).length === 0 ? undefined : without, isFitted };
}

/**
 * Whether the point belongs to what was fitted on, or left out. Of a source's measurements that are no points of the ledger, such as
 * hardware counters, all points of the source belong to them that have the same fields.
 */
function isOf(
  { source, claim, hardware, fields }: LedgerPoint,
  { data, where = {} }: FittedOn,
  claims: ReadonlySet<string>,
): boolean {
  const isBeside = !claims.has(data) && data.startsWith(`${source}/`);
  if (data !== `${source}/${claim}` && !isBeside) return false;
  return Object.entries(where).every(
    ([key, value]) => (key === 'hardware' ? hardware : fields[key]) === value,
  );
}
