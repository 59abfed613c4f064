import { known } from './facts.ts';
import type { ConvertedPoint } from './point.ts';

/** Points of one claim of a source that are one claim of the ledger. */
export interface Group {
  readonly points: readonly ConvertedPoint[];
  readonly anchored: boolean;
  /** What is added to the claim's id. */
  readonly suffix: string;
}

/** Kinds whose predictions may start from the measured time of one device. */
const SCALING: ReadonlySet<string> = new Set(['data-parallel', 'parameter-server']);
/** In which fields a step of one device differs from that of several. */
const OF_SEVERAL: ReadonlySet<string> = new Set(['workers', 'servers', 'backups']);

/**
 * Points of one kind, metric and unit belong together. Where a claim gives the time of one device beside that of several, these are
 * anchored to it; and the step of one device is a claim of its own, predicted from the catalog.
 */
export function groupsOf(points: readonly ConvertedPoint[]): readonly Group[] {
  const singles = new Set(points.filter(isSingle).map(stepOf));
  const scaled = new Set(points.filter((point) => isScaling(point) && !isSingle(point)).map(stepOf));
  const groups = new Map<string, { points: ConvertedPoint[]; anchored: boolean; suffix: string }>();
  const add = (point: ConvertedPoint, anchored: boolean, suffix: string): void => {
    const key = JSON.stringify([point.kind, point.metric, point.unit, anchored, suffix]);
    const group = groups.get(key) ?? { points: [], anchored, suffix };
    groups.set(key, group);
    group.points.push(point);
  };
  for (const point of points) {
    const part = point.part === undefined ? '' : `.${point.part}`;
    if (!isScaling(point)) add(point, false, part);
    else if (isSingle(point)) {
      if (scaled.has(stepOf(point))) add(point, true, part);
      add(onOneDevice(point), false, `${part}.one-device`);
    } else if (singles.has(stepOf(point))) add(point, true, part);
    else add(point, false, `${part}.absolute`);
  }
  return named([...groups.values()]);
}

/** Suffixes only where it takes them to tell groups apart: the kind, and the metric. */
function named(groups: readonly Group[]): readonly Group[] {
  if (groups.length === 1) return groups.map((group) => ({ ...group, suffix: '' }));
  const told = (suffixOf: (group: Group) => string): readonly Group[] =>
    groups.map((group) => {
      const alike = groups.filter(({ suffix }) => suffix === group.suffix);
      return alike.length === 1 ? group : { ...group, suffix: group.suffix + suffixOf(group) };
    });
  const byKind = told(({ points }) => `.${points[0]!.kind}`);
  const isEnough = new Set(byKind.map(({ suffix }) => suffix)).size === groups.length;
  return isEnough ? byKind : told(({ points }) => `.${points[0]!.kind}.${points[0]!.metric}`);
}

const isScaling = ({ kind }: ConvertedPoint): boolean => SCALING.has(kind);
const isSingle = ({ fields }: ConvertedPoint): boolean => fields.workers === 1;

/** Equal for steps that differ in the number of devices alone. */
function stepOf({ fields, hardware: { name }, metric, unit }: ConvertedPoint): string {
  const own = Object.entries(fields).filter(([key, value]) => !OF_SEVERAL.has(key) && value !== undefined);
  return JSON.stringify([name, metric, unit, own.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** Fields about what devices do together. */
const TOGETHER: ReadonlySet<string> = new Set([
  ...OF_SEVERAL,
  ...['placement', 'updates', 'stragglers', 'summed_in_hosts'],
  ...['exchange', 'overlap', 'bucket_bytes', 'accumulation'],
]);

/** The step of one device, as one that has no others. */
function onOneDevice(point: ConvertedPoint): ConvertedPoint {
  const { placement, accumulation } = point.fields;
  const aside = [
    'Its variables are on a parameter server beside the device, whose transfers are part of the step.',
    'Gradients of several micro-batches are added up before an update.',
  ].filter((_, i) => [placement, accumulation][i] !== undefined);
  const own = Object.entries(point.fields).filter(([key]) => !TOGETHER.has(key));
  const fields = known(Object.fromEntries(own));
  return {
    ...point,
    kind: 'single-device',
    fields,
    assumed: [...point.assumed, ...aside],
    assumedOfSeveral: [],
  };
}
