import { UserError } from '../../../base/errors.ts';
import { quoted } from '../../../base/text.ts';
import type { Scenario } from '../../schema.ts';

/** Keys of scenarios whose text is the path of a file. */
const PATHS = new Set(['file', 'path', 'policy', 'profile']);

/** Maps whose keys are names of the user's, such as nodes of a graph. */
const NAMED_BY_USERS = new Set(['nodes', 'values', 'variables']);

/**
 * Refuses a scenario that would read files where it is run: these need not be on another machine, and what comes from
 * a queue must not make a worker open what it names.
 *
 * @throws UserError naming the key and the file.
 */
export function refuseFiles(scenario: Scenario): void {
  const found = fileIn(scenario, []);
  if (found === undefined) return;
  const { path, file } = found;
  throw new UserError(
    `${path.join('.')}: ${quoted(file)} is a file of this machine, which workers of a queue do not read; run such a sweep here, or as an array job (--shard) on a shared file system`,
  );
}

function fileIn(
  value: unknown,
  path: readonly string[],
): { readonly path: readonly string[]; readonly file: string } | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  for (const [key, entry] of Object.entries(value)) {
    if (typeof entry === 'string') {
      if (PATHS.has(key)) return { path: [...path, key], file: entry };
    } else if (!NAMED_BY_USERS.has(key)) {
      const found = fileIn(entry, [...path, key]);
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
