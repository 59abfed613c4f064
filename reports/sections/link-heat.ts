import { formatInteger } from '../../base/format.ts';
import { formatBytes, formatPercent, formatSeconds } from '../../base/units.ts';
import type { LinkHeat } from '../../scenarios/results.ts';
import type { Figure } from '../figure.ts';
import { numbers, text } from '../figure.ts';
import { shortName } from '../names.ts';

/** Loads from this share of the peak on count as the peak. */
const SAME = 0.98;

/** How loaded each direction of a link was in the course of a step. */
export function linkHeatMap(heat: LinkHeat | null, id: string): Figure | undefined {
  if (heat === null || heat.links.length === 0) return undefined;
  const { seconds, links, bytes, busy, load, others } = heat;
  const rows = links.map((name, i) => {
    const shares = load[i]!;
    const peak = shares.reduce((most, share) => Math.max(most, share), 0);
    const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
    const at = (cell: number): number => (seconds * cell) / shares.length;
    const [first, after] = longestRun(shares, (share) => share >= SAME * peak);
    const [from, until] = [at(first), at(after)];
    return { name, shares, peak, mean, from, until, bytes: bytes[i]!, busy: busy[i]! };
  });
  const busiest = rows.reduce((best, row) => (row.mean > best.mean ? row : best));
  const stretch = seconds / busiest.shares.length;
  const column = (
    header: string,
    format: (value: number) => string,
    of: (row: (typeof rows)[number]) => number,
  ) =>
    numbers(
      header,
      rows.map((row) => format(of(row))),
      rows.map(of),
    );
  return {
    id,
    title: `Links over the step: ${shortName(busiest.name, 60)} is busiest, ${formatPercent(busiest.mean)} loaded on average, ${formatPercent(busiest.peak)} ${whenInWords(busiest, seconds)}`,
    note: `${shortName(heat.of, 120)}: mean load in ${formatInteger(busiest.shares.length)} stretches of ${formatSeconds(stretch)}, per direction${others === 0 ? '' : `; ${formatInteger(others)} more carried less`}.`,
    chart: {
      kind: 'heat',
      measure: 'Load (% of bandwidth)',
      seconds,
      rows: rows.map(({ name, shares }) => ({ name: shortName(name, 60), shares })),
    },
    tables: [
      {
        caption: 'Links in the step, most bytes first',
        sortable: true,
        columns: [
          text(
            'Link',
            links.map((name) => shortName(name)),
            links,
          ),
          column('Carried', formatBytes, (row) => row.bytes),
          column('Mean load (% of bandwidth)', formatPercent, (row) => row.mean),
          column('Peak load (% of bandwidth)', formatPercent, (row) => row.peak),
          column('Peak from', formatSeconds, (row) => row.from),
          column('to', formatSeconds, (row) => row.until),
          column('In use (% of the step)', formatPercent, (row) => row.busy),
        ],
      },
    ],
    width: 'full',
  };
}

/** Of neighbours that all pass, the first longest run: its first cell, and the one after its last. */
function longestRun(shares: readonly number[], passes: (share: number) => boolean): [number, number] {
  let best: [number, number] = [0, 0];
  let begin = 0;
  for (let cell = 0; cell <= shares.length; cell++) {
    if (cell < shares.length && passes(shares[cell]!)) continue;
    if (cell - begin > best[1] - best[0]) best = [begin, cell];
    begin = cell + 1;
  }
  return best;
}

/** `throughout`, `in the first 12 ms`, `from 1.2 ms to 3 ms`, `in the last 2 ms`. */
function whenInWords(
  { from, until }: { readonly from: number; readonly until: number },
  seconds: number,
): string {
  if (from === 0) return until === seconds ? 'throughout' : `in the first ${formatSeconds(until)}`;
  if (until === seconds) return `in the last ${formatSeconds(until - from)}`;
  return `from ${formatSeconds(from)} to ${formatSeconds(until)}`;
}
