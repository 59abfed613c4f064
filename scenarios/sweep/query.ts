import type { DuckDBType, DuckDBValue } from '@duckdb/node-api';
import { UserError } from '../../base/errors.ts';
import type { Cell, Column, RunTable } from './columns.ts';

/** What a query gave: columns in order, and their cells by row. */
export interface QueryAnswer {
  readonly columns: readonly { readonly name: string; readonly isNumber: boolean }[];
  readonly rows: readonly (readonly Cell[])[];
}

/**
 * Asks the table `runs` in SQL, by DuckDB. It is a copy in memory: a query changes nothing, and reaches neither files
 * nor the network.
 *
 * @throws UserError where DuckDB is not installed, or refuses the query.
 */
export async function queryRuns(table: RunTable, sql: string): Promise<QueryAnswer> {
  const duckdb = await installedDuckDb();
  const instance = await duckdb.DuckDBInstance.create(':memory:', {
    enable_external_access: 'false',
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    lock_configuration: 'true',
  });
  const connection = await instance.connect();
  try {
    await load(table);
    const reader = await refusable(() => connection.runAndReadAll(sql));
    const types = reader.columnTypes();
    return {
      columns: reader.columnNames().map((name, i) => ({ name, isNumber: NUMBERS.has(String(types[i])) })),
      rows: reader.getRows().map((row) => row.map(cellOf)),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }

  async function load({ columns, lines }: RunTable): Promise<void> {
    const described = columns.map(({ name, type }) => `"${name.replaceAll('"', '""')}" ${SQL_TYPES[type]}`);
    await connection.run(`CREATE TABLE runs (${described.join(', ')})`);
    const appender = await connection.createAppender('runs');
    const types = columns.map(({ type }) => duckdb[SQL_TYPES[type]] as DuckDBType);
    let gathered: DuckDBValue[][] = [];
    const flush = (): void => {
      const chunk = duckdb.DuckDBDataChunk.create(types);
      chunk.setRows(gathered);
      appender.appendDataChunk(chunk);
      gathered = [];
    };
    for (const cells of lines()) {
      gathered.push(cells.map((cell, i) => storedValue(cell, columns[i]!.type)));
      if (gathered.length === ROWS_PER_CHUNK) flush();
    }
    if (gathered.length > 0) flush();
    appender.closeSync();
  }
}

/** What one vector of DuckDB holds. */
const ROWS_PER_CHUNK = 2048;

const SQL_TYPES = { text: 'VARCHAR', integer: 'BIGINT', number: 'DOUBLE', truth: 'BOOLEAN' } as const;
const NUMBERS = new Set([
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'HUGEINT',
  'FLOAT',
  'DOUBLE',
  'UBIGINT',
]);

function storedValue(cell: Cell, type: Column['type']): DuckDBValue {
  return type === 'integer' && cell !== null ? BigInt(cell) : cell;
}

/** As JSON can say it: integers that a number holds exactly as numbers; what is none, such as dates, as text. */
function cellOf(value: DuckDBValue): Cell {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  const exact = typeof value === 'bigint' ? Number(value) : Number.NaN;
  return Number.isSafeInteger(exact) ? exact : String(value);
}

async function refusable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new UserError(`SQL: ${message.replaceAll(/\n\s*\n/g, '\n')}`);
  }
}

async function installedDuckDb(): Promise<typeof import('@duckdb/node-api')> {
  try {
    return await import('@duckdb/node-api');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    throw new UserError(
      'SQL needs DuckDB, which is not installed: npm install @duckdb/node-api (or read the Parquet file of `stepcast export` with another program)',
    );
  }
}
