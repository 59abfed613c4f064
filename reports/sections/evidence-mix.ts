import { formatInteger } from '../../base/format.ts';
import type { Assumption, Results } from '../../scenarios/results.ts';
import { escapeHtml } from '../markup.ts';
import { clip } from '../names.ts';

/** Best known first, as the bar shows them. */
const ORDER: readonly Assumption['evidence'][] = ['measured', 'datasheet', 'assumed', 'scenario'];

export interface EvidenceMix {
  /** How many of the numbers that set times are known how well; kinds that there are none of are left out. */
  readonly counts: readonly { readonly evidence: Assumption['evidence']; readonly count: number }[];
  /** Those that set times and are assumed, each value said once: `a100: launch of one kernel 4 µs`. */
  readonly assumed: readonly string[];
}

/** What the times rest on. */
export function evidenceMix({ assumptions }: Pick<Results, 'assumptions'>): EvidenceMix {
  const timed = assumptions.filter(({ decides }) => decides === undefined);
  const counts = ORDER.map((evidence) => ({
    evidence,
    count: timed.filter((row) => row.evidence === evidence).length,
  })).filter(({ count }) => count > 0);
  const assumed = timed
    .filter(({ evidence }) => evidence === 'assumed')
    .map(({ what, value }) => `${what} ${value}`);
  return { counts, assumed: [...new Set(assumed)] };
}

const MOST_LISTED = 40;

/** The mix as one line, a bar in proportion to it, and the assumed numbers on demand. */
export function evidenceMixHtml(results: Pick<Results, 'assumptions'>): string {
  const { counts, assumed } = evidenceMix(results);
  if (counts.length === 0) return '';
  const total = counts.reduce((sum, { count }) => sum + count, 0);
  const words = counts.map(({ evidence, count }) => `${evidence} ${formatInteger(count)}`).join(' · ');
  let before = 0;
  const parts = counts.map(({ evidence, count }) => {
    const start = (1000 * before) / total;
    before += count;
    const width = (1000 * count) / total;
    return `<rect class="${evidence}" x="${start.toFixed(1)}" y="0" width="${width.toFixed(1)}" height="10"/>`;
  });
  const more = assumed.length - MOST_LISTED;
  const items = [
    ...assumed.slice(0, MOST_LISTED).map((text) => escapeHtml(clip(text, 200))),
    ...(more > 0 ? [`and ${formatInteger(more)} more, in the table`] : []),
  ];
  return `<p class="note">Times rest on ${formatInteger(total)} numbers: ${words}.</p>
<svg class="mix" viewBox="0 0 1000 10" preserveAspectRatio="none" role="img" aria-label="Numbers that times rest on: ${words}">${parts.join('')}</svg>
${items.length === 0 ? '' : `<details><summary>Assumed, and times rest on it</summary>\n<ul class="caveats">${items.map((item) => `<li>${item}</li>`).join('')}</ul></details>`}`;
}
