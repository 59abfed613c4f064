import { UserError } from '../base/errors.ts';
import { printable, shortened } from '../base/text.ts';
import { type Cell, tableOf } from '../scenarios/sweep/columns.ts';
import { csvPieces } from '../scenarios/sweep/csv.ts';
import { MergedRows } from '../scenarios/sweep/merge.ts';
import { type QueryAnswer, queryRuns } from '../scenarios/sweep/query.ts';
import { printJson } from './print-json.ts';
import { formatTable } from './table.ts';
import { writePieces } from './write-pieces.ts';

export interface SqlOptions {
  readonly csv?: boolean;
  readonly json?: boolean;
}

/** `stepcast sql`. */
export async function sql(
  source: string,
  query: string,
  { csv = false, json = false }: SqlOptions,
): Promise<void> {
  if (csv && json) throw new UserError('--csv and --json: choose one');
  const answer = await queryRuns(tableOf(new MergedRows([source])), query);
  const { columns, rows } = answer;
  if (json) {
    printJson({ columns: columns.map(({ name }) => name), rows });
  } else if (csv) {
    const texts = columns.map(({ name }) => ({ name, type: 'text' as const, about: '' }));
    await writePieces(undefined, csvPieces({ columns: texts, lines: () => rows.values() }));
  } else if (columns.length > 0) process.stdout.write(tableText(answer));
}

function tableText({ columns, rows }: QueryAnswer): string {
  return formatTable(
    columns.map(({ name, isNumber }, i) => ({
      header: printable(shortened(name)),
      ...(isNumber && { align: 'right' as const }),
      cells: rows.map((row) => cellText(row[i]!)),
    })),
  );
}

function cellText(cell: Cell): string {
  if (typeof cell === 'number') return String(Number.isInteger(cell) ? cell : Number(cell.toPrecision(6)));
  return cell === null ? '' : printable(shortened(String(cell)));
}
