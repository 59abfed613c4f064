import type { Cell, RunTable } from './columns.ts';

/**
 * A table of runs as RFC 4180 has it: CRLF, quotes where needed, the names of columns with their units first. What is
 * not known is empty.
 */
export function* csvPieces({ columns, lines }: RunTable): Generator<string> {
  yield line(columns.map(({ name }) => name));
  for (const cells of lines()) yield line(cells);
}

const line = (cells: readonly Cell[]): string => `${cells.map(field).join(',')}\r\n`;

/** Text that a spreadsheet would take for a formula gets an apostrophe in front, as OWASP advises. */
function field(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell !== 'string') return String(cell);
  const text = /^[\s\u200b-\u200f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|^[\t\r\n]/.test(cell)
    ? `'${cell}`
    : cell;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
