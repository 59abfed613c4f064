import { extname } from 'node:path';
import { UserError } from '../base/errors.ts';
import { formatInteger } from '../base/format.ts';
import { type RunTable, tableOf } from '../scenarios/sweep/columns.ts';
import { csvPieces } from '../scenarios/sweep/csv.ts';
import { MergedRows } from '../scenarios/sweep/merge.ts';
import { printJson } from './print-json.ts';
import { writeFiles } from './write-files.ts';
import { writePieces } from './write-pieces.ts';

const FORMATS = ['csv', 'parquet', 'ndjson'] as const;
type Format = (typeof FORMATS)[number];

export interface ExportOptions {
  readonly format?: Format;
  readonly output?: string;
  readonly json?: boolean;
}

/** `stepcast export`: the table to a file or standard output, what it is on stderr. */
export async function exportRuns(sources: readonly string[], options: ExportOptions): Promise<void> {
  const { output, json = false } = options;
  const toStdout = output === undefined || output === '-';
  if (json && toStdout) {
    throw new UserError('--json says what was written on standard output; write the table to a file with -o');
  }
  const format = options.format ?? formatOf(output);
  if (format === 'parquet' && toStdout && process.stdout.isTTY) {
    throw new UserError('Parquet is no text: write it to a file with -o');
  }
  const rows = new MergedRows(sources);
  const table = tableOf(rows);
  const file = await write(table, format, output);
  if (json) {
    const columns = table.columns.map(({ name, type, about }) => ({ name, type, about }));
    printJson({ runs: rows.count, failed: rows.failed, columns, files: { [file]: file } });
  } else process.stderr.write(`${formatInteger(rows.count)} run${rows.count === 1 ? '' : 's'} to ${file}\n`);
}

function formatOf(output: string | undefined): Format {
  const ending = extname(output ?? '').slice(1);
  return FORMATS.find((format) => format === ending) ?? 'csv';
}

async function write(table: RunTable, format: Format, output: string | undefined): Promise<string> {
  if (format !== 'parquet') return writePieces(output, format === 'csv' ? csvPieces(table) : objects(table));
  const bytes = (await import('../scenarios/sweep/parquet.ts')).parquetBytes(table);
  if (output === undefined || output === '-') {
    process.stdout.write(bytes);
    return 'standard output';
  }
  await writeFiles([{ path: output, text: bytes }]);
  return output;
}

/** An object per line, with the columns as keys. */
function* objects({ columns, lines }: RunTable): Generator<string> {
  for (const cells of lines()) {
    yield `${JSON.stringify(Object.fromEntries(columns.map(({ name }, i) => [name, cells[i]])))}\n`;
  }
}
