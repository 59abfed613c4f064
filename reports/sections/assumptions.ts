import type { Results } from '../../scenarios/results.ts';
import type { Table } from '../figure.ts';
import { text } from '../figure.ts';
import { clip, visible } from '../names.ts';

/** Every number that the figures rest on. */
export function assumptions({ assumptions: rows }: Pick<Results, 'assumptions'>): Table {
  const shown = (value: string) => clip(visible(value), 400);
  return {
    caption: 'Numbers that the figures rest on, and how well each is known',
    columns: [
      text(
        'Number',
        rows.map((row) => shown(row.what)),
      ),
      text(
        'Value',
        rows.map((row) => shown(row.value)),
      ),
      { header: 'Evidence', kind: 'badge', cells: rows.map((row) => row.evidence) },
      text(
        'Source',
        rows.map((row) => shown(row.source)),
      ),
    ],
  };
}
