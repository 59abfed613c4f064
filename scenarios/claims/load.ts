import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type * as z from 'zod';
import { UserError, unknownName } from '../../base/errors.ts';
import { clusterSchema } from '../cluster-schema.ts';
import { proposedKey, sentence } from '../fields.ts';
import { calledInMessages, readText } from '../read-text.ts';
import { readingError } from '../regular-file.ts';
import type { Scenario } from '../schema.ts';
import { at, find, type Path, parseYaml, plainValue, report } from '../yaml-text.ts';
import { type Claim, type ClaimFile, claimFileSchema, METRICS, type Metric, type Point } from './claim.ts';
import { CLAIM_KINDS } from './kinds/index.ts';
import type { LedgerPoint } from './ledger-point.ts';
import { isRelative } from './metrics.ts';
import { siFactor } from './units.ts';

/** One file of the ledger: what is written in it, and its points, ready to be predicted. */
export interface Ledger {
  readonly path: string;
  readonly file: ClaimFile;
  readonly points: readonly LedgerPoint[];
}

export const CLAIM_FILE = {
  name: 'a file of claims',
  format: 'YAML in UTF-8',
  mostBytes: 4_000_000,
  ending: /\.ya?ml$/,
};
const MOST_FILES = 1000;

const RELATIVE_METRICS = (Object.keys(METRICS) as Metric[]).filter(isRelative);

/**
 * Reads files of claims, and those in folders (not in folders below), sorted by name. No two may have the same id.
 *
 * @throws UserError with one line per problem of the first file that has any: `file:line:column: path: what is wrong`.
 */
export function loadLedger(paths: readonly string[]): readonly Ledger[] {
  const ledgers = paths.flatMap(claimFiles).map(loadClaims);
  const owners = new Map<string, string>();
  for (const { path, file } of ledgers) {
    const other = owners.get(file.id);
    if (other !== undefined)
      throw new UserError(`${path}: id: ${other} has the id ${file.id} too; every file needs one of its own`);
    owners.set(file.id, path);
  }
  return ledgers;
}

/** The files of claims that a path stands for: itself, or those in it. */
export function claimFiles(path: string): readonly string[] {
  let names: readonly string[];
  try {
    if (!statSync(path).isDirectory()) return [path];
    names = readdirSync(path).filter((name) => CLAIM_FILE.ending.test(name));
  } catch (error) {
    throw readingError(path, error);
  }
  if (names.length === 0) throw new UserError(`${path}: there is no YAML file in this folder`);
  if (names.length > MOST_FILES)
    throw new UserError(`${path}: ${names.length} files are too many; at most ${MOST_FILES}`);
  return [...names].sort().map((name) => join(path, name));
}

/** Reads one file of claims, or standard input for `-`. */
export function loadClaims(path: string): Ledger {
  return parseClaims(readText(path, CLAIM_FILE), calledInMessages(path));
}

/** The same for text already read; `file` is what messages call it. */
export function parseClaims(source: string, file: string): Ledger {
  const text = parseYaml(source, file, CLAIM_FILE.name);
  const value = plainValue(text, CLAIM_FILE.name);
  if (value === null || value === undefined)
    throw new UserError(`${file}: the file is empty; docs/claims.md shows what belongs here`);
  const told = (issues: z.core.$ZodIssue[]): UserError =>
    new UserError(
      report({ issues }, file, (path, isKey) => {
        const { offset } = find(text, path, isKey);
        return { text: at(offset, text), offset };
      }),
    );
  const read = claimFileSchema.safeParse(value, { error: sentence });
  if (!read.success) throw told(read.error.issues);
  const problems = new Problems();
  const points = ledgerPoints(read.data, problems);
  if (problems.issues.length > 0) throw told(problems.issues);
  return { path: file, file: read.data, points };
}

/** What is wrong in a file, each problem once however many points have it. */
class Problems {
  readonly issues: z.core.$ZodIssue[] = [];
  readonly #told = new Set<string>();

  /** `key`: one that should not be in the map at `path`. */
  add(path: Path, message: string, key?: string): void {
    const place = { path: [...path], message };
    const issue: z.core.$ZodIssue =
      key === undefined
        ? { code: 'custom', ...place, input: undefined }
        : { code: 'unrecognized_keys', keys: [key], ...place, input: {} };
    const text = JSON.stringify([path, message, key]);
    if (!this.#told.has(text)) this.issues.push(issue);
    this.#told.add(text);
  }

  /** Runs what may throw a UserError, and makes a problem of that. */
  attempt<T>(path: Path, run: () => T): T | undefined {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      this.add(path, error.message);
      return undefined;
    }
  }
}

/** The points of a file whose form is right, as far as what they say is right too. */
function ledgerPoints(file: ClaimFile, problems: Problems): LedgerPoint[] {
  const clusters = readHardware(file, problems);
  const ids = new Set<string>();
  return file.claims.flatMap((claim, i) => {
    if (ids.has(claim.id)) problems.add(['claims', i, 'id'], `${claim.id} is the id of a claim before it`);
    ids.add(claim.id);
    if (!Object.hasOwn(CLAIM_KINDS, claim.kind)) {
      problems.add(['claims', i, 'kind'], unknownName('kind of claim', claim.kind, Object.keys(CLAIM_KINDS)));
      return [];
    }
    const factor = problems.attempt(['claims', i, 'unit'], () => siFactor(claim.metric, claim.unit));
    return claim.points.flatMap((point, j): LedgerPoint[] => {
      const at: Path = ['claims', i, 'points', j];
      const fields = kindFields(claim, i, point, j, {}, problems);
      const reference = referenceFields(claim, i, point, j, problems);
      const hardware = point.hardware ?? claim.hardware;
      if (hardware !== undefined && !clusters.has(hardware)) {
        const where = point.hardware === undefined ? ['claims', i, 'hardware'] : [...at, 'hardware'];
        problems.add(where, unknownName('hardware', hardware, [...clusters.keys()]));
      }
      if (fields === undefined || factor === undefined) return [];
      return [
        {
          source: file.id,
          claim: claim.id,
          index: j,
          kind: claim.kind,
          fields,
          reference,
          hardware,
          cluster: hardware === undefined ? undefined : clusters.get(hardware),
          metric: claim.metric,
          measured: point.value * factor,
          anchor: claim.anchor,
          bound: claim.bound,
          provenance: claim.provenance,
          use: claim.provenance.kind === 'recalled' ? 'ordering' : 'gate',
        },
      ];
    });
  });
}

/** The clusters of a file by name, defaults filled in; one that is wrong is undefined. */
function readHardware(
  { hardware }: ClaimFile,
  problems: Problems,
): ReadonlyMap<string, Scenario['cluster'] | undefined> {
  return new Map(
    Object.entries(hardware).map(([name, written]) => {
      const read = clusterSchema.safeParse(written, { error: sentence });
      for (const { path, message, key } of (read.error?.issues ?? []).flatMap(problemsOf))
        problems.add(['hardware', name, ...path], message, key);
      return [name, read.data];
    }),
  );
}

type Fields = Readonly<Record<string, unknown>>;

/** What the step that a point is compared with differs in, merged as the point itself is. */
function referenceFields(
  claim: Claim,
  i: number,
  point: Point,
  j: number,
  problems: Problems,
): Fields | undefined {
  const { relative_to: relativeTo } = point;
  const at: Path = ['claims', i, 'points', j];
  if (isRelative(claim.metric)) {
    if (relativeTo !== undefined) return kindFields(claim, i, point, j, relativeTo, problems);
    problems.add(
      at,
      `${claim.metric} compares with another step; say in relative_to what that differs in, e.g. { workers: 1 }`,
    );
  } else if (relativeTo !== undefined) {
    problems.add(
      [...at, 'relative_to'],
      `${claim.metric} compares with nothing; only ${RELATIVE_METRICS.join(', ')} do`,
    );
  }
  return undefined;
}

/** Workload, strategy and point merged, `changes` last, and checked by the claim's kind; undefined where something is wrong. */
function kindFields(
  claim: Claim,
  i: number,
  point: Point,
  j: number,
  changes: Fields,
  problems: Problems,
): Fields | undefined {
  const { value: _, hardware: __, relative_to: ___, note: ____, ...own } = point;
  const at: Path = ['claims', i];
  const layers: readonly [Path, Fields][] = [
    [[...at, 'points', j, 'relative_to'], changes],
    [[...at, 'points', j], own],
    [[...at, 'strategy'], claim.strategy],
    [[...at, 'workload'], claim.workload],
  ];
  const merged = { ...claim.workload, ...claim.strategy, ...own, ...changes };
  // A kind knows the type of its own fields; here they are data.
  const fields = CLAIM_KINDS[claim.kind]!.fields as z.ZodType<Fields>;
  const read = fields.safeParse(merged, { error: sentence });
  const found = (read.error?.issues ?? []).flatMap(problemsOf);
  // A key that is missing belongs where a misspelt one was meant for it, or else to what is common to all points.
  const meant = new Map(
    found.flatMap(({ message, key }) => {
      const proposed = key === undefined ? undefined : proposedKey(message);
      return proposed === undefined ? [] : [[proposed, key] as const];
    }),
  );
  const owner = (key: PropertyKey): Path => {
    const written = layers.find(([, layer]) => Object.hasOwn(layer, key));
    const misspelt = meant.get(String(key));
    return written?.[0] ?? (misspelt === undefined ? layers.at(-1)![0] : owner(misspelt));
  };
  for (const { path, message, key } of found) {
    const first = path[0] ?? key;
    problems.add(first === undefined ? [...at, 'points', j] : [...owner(first), ...path], message, key);
  }
  return read.data;
}

/** An issue as one problem, or as one for each of the unknown keys that it is about. */
function problemsOf(issue: z.core.$ZodIssue): { path: Path; message: string; key?: string }[] {
  const { path, message } = issue;
  if (issue.code !== 'unrecognized_keys') return [{ path, message }];
  const lines = message.split('\n');
  return issue.keys.map((key, k) => ({ path, message: lines[Math.min(k, lines.length - 1)]!, key }));
}
