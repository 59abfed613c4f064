import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { UserError, unknownName } from '../base/errors.ts';
import { clientScript } from '../reports/client-script.ts';
import { renderValidation } from '../reports/validation.ts';
import { committedLedger } from '../scenarios/claims/committed.ts';
import { claimFiles, type Ledger, loadLedger } from '../scenarios/claims/load.ts';
import { runValidation } from '../scenarios/claims/run-validation.ts';
import { colorsFor } from './colors.ts';
import { onInterrupt } from './interrupt.ts';
import { printJson } from './print-json.ts';
import { progressOn } from './progress.ts';
import { validationText } from './validation-text.ts';
import { checkFolder, writeFiles } from './write-files.ts';

export interface ValidateOptions {
  readonly jobs?: number;
  readonly output: string;
  /** False: nothing but the tables on the terminal. */
  readonly files: boolean;
  /** Per cent. */
  readonly bound?: number;
  /** Where to write what intervals are made of. */
  readonly writeIntervals?: string;
  readonly json?: boolean;
}

/** `stepcast validate`: predicts the measurements of a ledger. Exit code 1 where a claim's error is beyond its bound. */
export async function validate(what: readonly string[], options: ValidateOptions): Promise<void> {
  const ledgers = loadLedger(filesOf(what));
  const { output, files, bound: boundPercent, writeIntervals, json = false } = options;
  const client = files ? clientScript() : '';
  if (files) checkFolder(output, ['report.html', 'validation.json']);
  const found = await predictions(ledgers, options.jobs ?? availableParallelism(), boundPercent);
  const { validation } = found;
  const written = files
    ? [
        { path: join(output, 'report.html'), text: renderValidation(validation, client) },
        { path: join(output, 'validation.json'), text: `${JSON.stringify(validation)}\n` },
      ]
    : [];
  if (writeIntervals !== undefined)
    written.push({ path: writeIntervals, text: `${JSON.stringify(found.intervals, null, 2)}\n` });
  await writeFiles(written);
  const holds = validation.sources.every(({ claims }) => claims.every((claim) => claim.holds));
  if (!holds) process.exitCode = 1;
  if (json) {
    const { sources, kinds, total, coverage } = validation;
    printJson({ holds, total, sources, kinds, coverage, files: written.map(({ path }) => path) });
    return;
  }
  const colors = colorsFor(process.stdout);
  process.stdout.write(validationText(validation, colors));
  if (files) process.stdout.write(`${colors.dim('Report:')} ${join(output, 'report.html')}\n`);
}

/** Files and folders as they are given, sources of the ledger that comes with the program by name; all of it where nothing is given. */
function filesOf(what: readonly string[]): string[] {
  const folder = committedLedger();
  if (what.length === 0) return [folder];
  return what.map((name) => {
    if (name === '-' || existsSync(name)) return name;
    if (/[/\\]|\.ya?ml$/.test(name)) throw new UserError(`${name}: no such file or folder`);
    const committed = claimFiles(folder);
    const sources = committed.map((path) => basename(path).replace(/\.ya?ml$/, ''));
    const found = sources.indexOf(name);
    if (found < 0) throw new UserError(unknownName('file, folder or source of the ledger', name, sources));
    return committed[found]!;
  });
}

async function predictions(ledgers: readonly Ledger[], jobs: number, boundPercent: number | undefined) {
  const progress = progressOn(process.stderr);
  let share = 0;
  const off = onInterrupt(() => {
    progress.end();
    return `${Math.floor(100 * share)} % of the points were predicted; nothing is written. stepcast validate <source> predicts those of one source`;
  });
  try {
    return await runValidation(ledgers, {
      jobs,
      boundPercent,
      onProgress: (done, total, source) => {
        share = done / total;
        progress.show(`Predicting ${total} points`, ` ${bar(share)} ${done} done, ${source}`, share);
      },
    });
  } finally {
    off();
    progress.end();
  }
}

const BAR_WIDTH = 24;

function bar(share: number): string {
  const filled = Math.round(share * BAR_WIDTH);
  return `${'█'.repeat(filled)}${'░'.repeat(BAR_WIDTH - filled)} ${Math.floor(share * 100)} %`;
}
