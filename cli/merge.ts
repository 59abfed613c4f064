import { UserError } from '../base/errors.ts';
import { formatInteger } from '../base/format.ts';
import { MergedRows } from '../scenarios/sweep/merge.ts';
import { ndjsonPieces } from '../scenarios/sweep/ndjson.ts';
import { printJson } from './print-json.ts';
import { writePieces } from './write-pieces.ts';

export interface MergeOptions {
  readonly output?: string;
  readonly force?: boolean;
  readonly json?: boolean;
}

/** `stepcast merge`: rows to a file or standard output, what they are on stderr. */
export async function merge(sources: readonly string[], options: MergeOptions): Promise<void> {
  const { output, force = false, json = false } = options;
  if (json && (output === undefined || output === '-')) {
    throw new UserError('--json says what was merged on standard output; write the runs to a file with -o');
  }
  const rows = new MergedRows(sources, { force });
  const file = await writePieces(output, ndjsonPieces(rows));
  const { count, failed, duplicates, header } = rows;
  const missing = header === undefined ? null : Math.max(0, header.count - count);
  if (json) {
    printJson({ runs: count, failed, duplicates, missing, files: { [file]: file } });
    return;
  }
  const remarks = [
    ...(failed > 0 ? [`${formatInteger(failed)} without figures`] : []),
    ...(duplicates > 0 ? [`${formatInteger(duplicates)} that were there twice left out`] : []),
    ...(missing !== null && missing > 0 ? [`${formatInteger(missing)} of the sweep are missing`] : []),
  ];
  process.stderr.write(
    `${formatInteger(count)} run${count === 1 ? '' : 's'} to ${file}${remarks.map((remark) => `; ${remark}`).join('')}\n`,
  );
}
