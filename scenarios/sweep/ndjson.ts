import type { SweepRow } from './job.ts';

/** One line of JSON per row: the form in which runs are kept. */
export function* ndjsonPieces(rows: Iterable<SweepRow>): Generator<string> {
  for (const row of rows) yield `${JSON.stringify(row)}\n`;
}
