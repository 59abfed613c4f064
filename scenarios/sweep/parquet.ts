import { type ColumnSource, parquetWriteBuffer } from 'hyparquet-writer';
import type { Cell, Column, RunTable } from './columns.ts';

const TYPES = { text: 'STRING', integer: 'INT64', number: 'DOUBLE', truth: 'BOOLEAN' } as const;

/** A table of runs as a Parquet file: a nullable column each, integers of 64 bits, compressed by Snappy. */
export function parquetBytes({ columns, lines }: RunTable): Uint8Array {
  const cells: Cell[][] = columns.map(() => []);
  for (const line of lines()) for (const [i, cell] of line.entries()) cells[i]!.push(cell);
  const columnData = columns.map(
    ({ name, type }, i): ColumnSource => ({
      name,
      type: TYPES[type],
      nullable: true,
      data: cells[i]!.map((cell) => stored(cell, type)),
    }),
  );
  return new Uint8Array(parquetWriteBuffer({ columnData, createdBy: 'stepcast' }));
}

function stored(cell: Cell, type: Column['type']): Cell | bigint {
  return type === 'integer' && cell !== null ? BigInt(cell) : cell;
}
