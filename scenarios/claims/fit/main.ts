import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { UserError } from '../../../base/errors.ts';
import type { Fit, Residuals } from '../../../devices/fit.ts';
import { FITS_FOLDER } from './data.ts';
import { goalsReached } from './goals.ts';
import { FITTERS } from './index.ts';

/*
 * npm run fit                          fits all of the catalog's constants anew, writes them, prints their residuals
 * npm run fit -- --cross-validate      the same, and prints how far each fit is from what its folds left out, and how far
 *                                      predictions of the ledger are off, beside the goals that there are for them
 * npm run fit -- --check               writes nothing; exit code 1 where what is committed differs
 * npm run fit -- NAME …                only fits whose id begins so
 */

const options = process.argv.slice(2);
const unknown = options.find(
  (option) => option.startsWith('-') && !['--cross-validate', '--check'].includes(option),
);
if (unknown !== undefined) {
  throw new UserError(`unknown option ${unknown}; there are --cross-validate and --check`);
}
const check = options.includes('--check');
const names = options.filter((option) => !option.startsWith('-'));

const row = (name: string, { points, meanAbsolutePercent, biasPercent }: Residuals): string =>
  `  ${name.padEnd(64)} ${String(points).padStart(6)} ${meanAbsolutePercent.toFixed(1).padStart(8)} % ${biasPercent.toFixed(1).padStart(8)} %`;

function print(fit: Fit): void {
  console.log(row(fit.id, fit.residuals));
  for (const [what, residuals] of Object.entries(fit.parts ?? {})) console.log(row(`  ${what}`, residuals));
  if (!options.includes('--cross-validate')) return;
  for (const { leftOut, residuals } of fit.folds) {
    const what = [leftOut.data, ...Object.values(leftOut.where ?? {})].join(', ');
    console.log(row(`  without ${what}`, residuals));
  }
}

let changed = 0;
const earlier: Fit[] = [];
for (const { what, ids, fits } of FITTERS) {
  if (names.length > 0 && !names.some((name) => name.startsWith(ids) || ids.startsWith(name))) continue;
  console.log(`\n${what}\n  ${'fit'.padEnd(64)} points    error       bias`);
  const fitted = fits(earlier);
  earlier.push(...fitted);
  for (const fit of fitted) {
    if (names.length > 0 && !names.some((name) => fit.id.startsWith(name))) continue;
    print(fit);
    const path = join(FITS_FOLDER, `${fit.id}.json`);
    const text = `${JSON.stringify(fit, null, 2)}\n`;
    if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
    changed++;
    if (check) console.log(`  ${fit.id}: what is committed differs`);
    else writeFileSync(path, text);
  }
}
if (changed > 0) console.log(check ? `\n${changed} differ` : `\n${changed} written`);
if (options.includes('--cross-validate') && names.length === 0) {
  console.log(
    `\nPredictions, without what was fitted on them${' '.repeat(23)} points    error       bias    goal`,
  );
  for (const { what, goalPercent, ...reached } of goalsReached())
    console.log(`${row(what, reached)} ${String(goalPercent).padStart(5)} %`);
}
process.exitCode = check && changed > 0 ? 1 : 0;
