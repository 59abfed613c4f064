import { existsSync, readFileSync } from 'node:fs';
import { InternalError } from '../base/errors.ts';

/** The script that renderReport() puts into the page: beside the bundled program, or in dist/ of a checkout. */
export function clientScript(): string {
  const places = ['./report-client.js', '../dist/report-client.js'].map(
    (path) => new URL(path, import.meta.url),
  );
  const found = places.find((url) => existsSync(url));
  if (found === undefined)
    throw new InternalError('the script of the report is not built: run `node build.mjs`');
  return readFileSync(found, 'utf8');
}
