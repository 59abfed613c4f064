import { colorsFor } from './colors.ts';

/** A table for a terminal: columns as wide as their widest cell, numbers to the right, two spaces between. */
export interface TableColumn {
  readonly header: string;
  readonly align?: 'left' | 'right';
  readonly cells: readonly string[];
}

export function formatTable(columns: readonly TableColumn[]): string {
  const widths = columns.map(({ header, cells }) =>
    cells.reduce((widest, cell) => Math.max(widest, width(cell)), width(header)),
  );
  const line = (texts: readonly string[], paint = (text: string) => text) =>
    texts
      .map((text, i) => {
        const space = ' '.repeat(widths[i]! - width(text));
        const last = i === texts.length - 1;
        return columns[i]!.align === 'right' ? space + paint(text) : paint(text) + (last ? '' : space);
      })
      .join('  ')
      .trimEnd();
  const rows = columns[0]!.cells.map((_, row) => line(columns.map(({ cells }) => cells[row]!)));
  return `${[
    line(
      columns.map(({ header }) => header),
      colorsFor(process.stdout).bold,
    ),
    ...rows,
  ].join('\n')}\n`;
}

/** In code points: none of our texts has wide or combining characters. */
const width = (text: string): number => [...text].length;
