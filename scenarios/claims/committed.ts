import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InternalError } from '../../base/errors.ts';

/** The folder of the ledger that comes with the program: beside this file in a checkout, else beside the bundled program. */
export function committedLedger(): string {
  const places = ['./kinds/index.ts', '../scenarios/claims/residuals.json'].map(
    (path) => new URL(path, import.meta.url),
  );
  const found = places.find((url) => existsSync(url));
  if (found === undefined) throw new InternalError('the ledger of claims is not beside the program');
  return fileURLToPath(new URL(found === places[0] ? './' : '../scenarios/claims/', import.meta.url));
}
