import { existsSync, readFileSync } from 'node:fs';
import { InternalError } from '../base/errors.ts';

/* What is put into the page: beside the bundled program, or in dist/ of a checkout. */

/** The script that draws charts. */
export const clientScript = (): string => built('report-client.js');

/** The simulator, packed. */
export const simulatorScript = (): string => built('report-simulator.txt');

function built(name: string): string {
  const places = [`./${name}`, `../dist/${name}`].map((path) => new URL(path, import.meta.url));
  const found = places.find((url) => existsSync(url));
  if (found === undefined)
    throw new InternalError(`${name}, a part of the report, is not built: run \`node build.mjs\``);
  return readFileSync(found, 'utf8');
}
