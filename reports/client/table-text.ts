import { quantityOf } from './quantity.ts';

/** A table as text: a header and rows, all of one length. */
export type Cells = readonly (readonly string[])[];

/**
 * Columns whose figures are all of one dimension as plain numbers in one unit, which the header then names: `1.02 ms` beside
 * `980 µs` becomes 0.00102 beside 0.00098 under `Mean (s)`. Dashes are empty cells.
 */
export function inOneUnit([header, ...rows]: Cells): string[][] {
  if (header === undefined) return [];
  const columns = header.map((name, column) => {
    const cells = rows.map((row) => row[column] ?? '');
    const told = cells.filter((cell) => !isNothing(cell));
    const found = told.map(quantityOf);
    const units = new Set(found.map((quantity) => quantity?.unit));
    const [unit] = units;
    if (told.length === 0 || units.size !== 1 || unit === undefined) return [name, ...cells];
    const named = unit === '' || name.includes(`(${unit}`) ? name : `${name} (${unit})`;
    return [named, ...cells.map((cell) => (isNothing(cell) ? '' : plainNumber(quantityOf(cell)!.value)))];
  });
  return [header, ...rows].map((_, row) => columns.map((column) => column[row]!));
}

const isNothing = (cell: string): boolean => /^[–—-]?$/.test(cell.trim());

/** Without the last digits of a product of unit and figure, which are rounding. */
const plainNumber = (value: number): string => String(Number(value.toPrecision(12)));

/** What a spreadsheet would take for a formula, as reports/csv.ts has it. */
const FORMULA = /^[\s\u200b-\u200f\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|^[\t\r\n]/;

/** RFC 4180. What a spreadsheet would take for a formula begins with an apostrophe. */
export function csvOf(cells: Cells): string {
  const field = (text: string): string => {
    const isNumber = text !== '' && Number.isFinite(Number(text));
    const safe = !isNumber && FORMULA.test(text) ? `'${text}` : text;
    return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return cells.map((row) => `${row.map(field).join(',')}\r\n`).join('');
}

/** Tabs between cells, as spreadsheets take it from the clipboard. */
export function tsvOf(cells: Cells): string {
  const field = (text: string): string => {
    const line = text.replace(/\s+/g, ' ');
    return !Number.isFinite(Number(line)) && FORMULA.test(line) ? `'${line}` : line;
  };
  return cells.map((row) => row.map(field).join('\t')).join('\n');
}
