import { UserError } from '../../../base/errors.ts';
import { quoted } from '../../../base/text.ts';
import { fileFields } from '../../file-fields.ts';
import { valueAt } from '../../references.ts';

/**
 * Refuses a scenario, checked or not, that would read files where it is run: these need not be on another machine, and what comes from
 * a queue must not make a worker open what it names.
 *
 * @throws UserError naming the key and the file.
 */
export function refuseFiles(scenario: unknown): void {
  for (const path of fileFields(scenario)) {
    const file = quoted(String(valueAt(scenario, path)));
    throw new UserError(
      `${path.join('.')}: ${file} is a file of this machine, which workers of a queue do not read; run such a sweep here, or as an array job (--shard) on a shared file system`,
    );
  }
}
