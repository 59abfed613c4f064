import { shortened } from '../../../base/text.ts';
import { sentence } from '../../fields.ts';
import { FORMAT } from '../claim.ts';
import { CLAIM_KINDS } from '../kinds/index.ts';
import { type Facts, known } from './facts.ts';
import { type Group, groupsOf } from './groups.ts';
import { type ConvertedPoint, convertPoint } from './point.ts';
import { Refusal } from './refusal.ts';
import type { SourceClaim, SourceFile } from './source.ts';

/** What became of a source. */
export interface Conversion {
  readonly id: string;
  /** A file of claims as claim.ts has it, not yet text; undefined where no point could be mapped. */
  readonly file: Facts | undefined;
  readonly points: number;
  readonly leftOut: readonly LeftOut[];
}

export interface LeftOut {
  readonly claim: string;
  readonly points: number;
  readonly why: string;
}

/** What the ledger can hold of a source, and why not the rest. Never throws for what a source says. */
export function convertSource(file: SourceFile): Conversion {
  const leftOut: LeftOut[] = [];
  const hardware = new Hardware();
  const ids = new Set<string>();
  const claims: Facts[] = [];
  let points = 0;
  for (const claim of file.claims) {
    const reasons = new Map<string, number>();
    const converted: ConvertedPoint[] = [];
    let mapped = 0;
    for (const point of claim.points) {
      try {
        const parts = convertPoint(file, claim, point);
        for (const part of parts) checkFields(part);
        converted.push(...parts);
        mapped++;
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        reasons.set(error.message, (reasons.get(error.message) ?? 0) + 1);
      }
    }
    if (claim.points.length === 0) reasons.set('it has no points', 0);
    for (const group of groupsOf(converted)) claims.push(claimOf(claim, group, hardware, ids));
    for (const [why, count] of reasons)
      leftOut.push({ claim: claim.id, points: count, why: shortened(why, 900) });
    points += mapped;
  }
  if (claims.length === 0) return { id: file.id, file: undefined, points, leftOut };
  return {
    id: file.id,
    points,
    leftOut,
    file: {
      format: FORMAT,
      id: idOf(file.id, 80),
      source: sourceOf(file),
      hardware: Object.fromEntries(hardware.clusters),
      claims,
      ...(leftOut.length > 0 && { left_out: leftOut }),
    },
  };
}

/** @throws Refusal where the kind would not take the fields. */
function checkFields({ kind, fields, relativeTo }: ConvertedPoint): void {
  if (!Object.hasOwn(CLAIM_KINDS, kind)) throw new Refusal(`there is no kind of claim ${kind}`);
  for (const asked of [fields, { ...fields, ...relativeTo }]) {
    const { error } = CLAIM_KINDS[kind]!.fields.safeParse(asked, { error: sentence });
    const issue = error?.issues[0];
    if (issue !== undefined)
      throw new Refusal(`${issue.path.join('.') || kind}: ${issue.message.split('\n')[0]}`);
  }
}

/** The clusters of a file, each under a name of its own. */
class Hardware {
  readonly clusters = new Map<string, Facts>();

  /** The name of a cluster: the wished one, with a number where another has that. */
  nameOf(wished: string, cluster: Facts): string {
    const text = JSON.stringify(cluster);
    for (let n = 1; ; n++) {
      const name = n === 1 ? wished : `${wished}-${n}`;
      const known = this.clusters.get(name);
      if (known === undefined) this.clusters.set(name, cluster);
      if (known === undefined || JSON.stringify(known) === text) return name;
    }
  }
}

/** Fields that say how devices work together; the others say what they compute. */
const OF_STRATEGY: ReadonlySet<string> = new Set([
  ...['workers', 'servers', 'placement', 'updates', 'backups', 'exchange', 'accumulation'],
  ...[
    'tensor',
    'pipeline',
    'data',
    'context',
    'expert',
    'chunks',
    'micro_batch',
    'recompute',
    'sequence_parallel',
    'sharding',
  ],
  ...['stack', 'optimizer', 'overlap'],
]);

/** A claim of the ledger: what all its points have in common is told once. */
function claimOf(
  claim: SourceClaim,
  { points, anchored, suffix }: Group,
  hardware: Hardware,
  ids: Set<string>,
): Facts {
  const names = points.map(({ hardware: { name, cluster } }) => hardware.nameOf(name, cluster));
  const common = points.reduce<Facts>(
    (shared, { fields }) =>
      Object.fromEntries(Object.entries(shared).filter(([key, value]) => fields[key] === value)),
    points[0]!.fields,
  );
  const sharesHardware = names.every((name) => name === names[0]);
  const pick = (isStrategy: boolean): Facts =>
    Object.fromEntries(Object.entries(common).filter(([key]) => OF_STRATEGY.has(key) === isStrategy));
  const { kind, metric, unit } = points[0]!;
  const caveats = [
    ...new Set(points.flatMap(({ assumed, assumedOfSeveral = [] }) => [...assumed, ...assumedOfSeveral])),
  ];
  return known({
    id: uniqueId(idOf(claim.id, 100) + suffix, ids),
    kind,
    what: shortened(claim.what === '' ? claim.id : claim.what, 900),
    provenance: provenanceOf(claim),
    hardware: sharesHardware ? names[0] : undefined,
    workload: pick(false),
    strategy: pick(true),
    metric,
    unit,
    anchor: anchored ? 'single-device' : undefined,
    caveats: caveats.length > 0 ? caveats : undefined,
    points: points.map(({ fields, value, relativeTo, note }, i) =>
      known({
        ...Object.fromEntries(Object.entries(fields).filter(([key]) => !Object.hasOwn(common, key))),
        hardware: sharesHardware ? undefined : names[i],
        relative_to: relativeTo,
        value,
        note,
      }),
    ),
  });
}

function uniqueId(wished: string, ids: Set<string>): string {
  let id = wished;
  for (let n = 2; ids.has(id); n++) id = `${wished}-${n}`;
  ids.add(id);
  return id;
}

/** A source's id, of the characters that ids have. */
const idOf = (id: string, most: number): string =>
  id.replaceAll(/[^\w.-]+/g, '_').slice(0, most) || 'unnamed';

function provenanceOf({ provenance, use }: SourceClaim): Facts {
  const words = (key: string, most: number): string | undefined =>
    typeof provenance[key] === 'string' && provenance[key] !== ''
      ? shortened(provenance[key], most)
      : undefined;
  return known({
    // What its own source would not have held against anybody shows an order, no more.
    kind: isForShape(use) ? 'recalled' : provenance.kind,
    tier: ['primary', 'secondary'].includes(String(provenance.tier)) ? provenance.tier : undefined,
    // Figures that are computed from these logs are no scores of MLPerf, and must not pass for any.
    read_from: words('read_from', 150)?.replace(
      /^computed from log\b/,
      'computed from MLPerf training logs: log',
    ),
    where: words('where', 900),
    confidence: isForShape(use) ? shortened(String(use), 90) : words('confidence', 90),
  });
}

const isForShape = (use: unknown): boolean =>
  /shape only|do(?:es)? not gate|ordering/i.test(String(use ?? ''));

function sourceOf({ source, retrieved, id }: SourceFile): Facts {
  const words = (value: unknown, most: number): string | undefined =>
    value === undefined || value === null || value === '' ? undefined : shortened(String(value), most);
  const where = typeof retrieved === 'object' ? retrieved.where : retrieved;
  return known({
    title: words(source.title, 490) ?? id,
    authors: words(source.authors, 490),
    venue: words(source.venue, 190),
    year: typeof source.year === 'number' ? source.year : words(source.year, 50),
    url: words(source.url, 490),
    arxiv: words(source.arxiv, 49),
    licence: words(source.licence ?? source.license, 490),
    retrieved: words(where, 900),
  });
}
