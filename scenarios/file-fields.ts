import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { show } from './fields.ts';
import { isMap } from './overlay.ts';
import { readRegularFile } from './regular-file.ts';
import type { Path } from './yaml-text.ts';

/*
 * Keys of scenarios that name files: of op times, placements, policies, models. Their paths start from the folder of the
 * file in which they stand, and beside each a resolved scenario says what the file held.
 */

/** What stands beside a path: which contents are meant. */
export function sha256() {
  return z
    .string()
    .regex(/^[0-9a-f]{64}$/, {
      error: ({ input }) => `expected a SHA-256 as 64 hexadecimal digits, got ${show(input)}`,
    })
    .optional()
    .describe('SHA-256 of the file, to refuse another one. Results have it.');
}

/** The paths at which a scenario, checked or not, names files. */
export function* fileFields(scenario: unknown): Generator<Path> {
  if (!isMap(scenario)) return;
  const { cluster, experiments } = scenario;
  const has = (map: unknown, key: string): boolean => isMap(map) && typeof map[key] === 'string';
  if (isMap(cluster) && has(cluster.workers, 'profile')) yield ['cluster', 'workers', 'profile'];
  for (const [i, experiment] of entriesOf(experiments)) {
    if (!isMap(experiment)) continue;
    if (has(experiment.model, 'file')) yield ['experiments', i, 'model', 'file'];
    for (const [j, placer] of entriesOf(experiment.placers)) {
      for (const key of ['path', 'policy']) if (has(placer, key)) yield ['experiments', i, 'placers', j, key];
    }
  }
}

const entriesOf = (list: unknown): Iterable<[number, unknown]> => (Array.isArray(list) ? list.entries() : []);

/** The key that says what the file at a path held. */
export const hashKey = (path: Path): Path => [...path.slice(0, -1), `${String(path.at(-1))}_sha256`];

/** Whether it is read once only, and so not before it is needed. */
export const isPipe = (path: string): boolean => path === '-' || path.startsWith('/dev/');

const known = new Map<string, string>();

/**
 * SHA-256 of a file, or of the graph of a SavedModel's folder.
 *
 * @throws UserError where it cannot be read.
 */
export function fileHash(path: string): string {
  const file = savedModelIn(path) ?? path;
  const stat = statSync(file, { throwIfNoEntry: false });
  const state = `${file}\0${stat?.size}\0${stat?.mtimeMs}\0${stat?.ino}`;
  let hash = known.get(state);
  if (hash === undefined) {
    hash = createHash('sha256').update(readRegularFile(file)).digest('hex');
    known.set(state, hash);
  }
  return hash;
}

function savedModelIn(folder: string): string | undefined {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) return undefined;
  return ['saved_model.pb', 'saved_model.pbtxt']
    .map((name) => join(folder, name))
    .find((file) => statSync(file, { throwIfNoEntry: false }) !== undefined);
}
