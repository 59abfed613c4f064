import { formatInteger } from '../base/format.ts';
import type { Results } from '../scenarios/results.ts';
import { EVIDENCE } from './evidence-of.ts';
import { tableHtml } from './markup.ts';
import { assumptions } from './sections/assumptions.ts';
import { evidenceMixHtml } from './sections/evidence-mix.ts';

const MEANING = {
  measured: 'somebody measured it, by the method given',
  datasheet: 'the maker says so',
  assumed: 'our estimate',
  scenario: 'you said so',
} as const;

/** Every number that figures rest on: a table per kind of evidence, each of which figures link to. */
export function assumptionsHtml(results: Results): string {
  const legend = EVIDENCE.map(
    (evidence) => `<span class="badge ${evidence}">${evidence}</span> ${MEANING[evidence]}`,
  );
  const tables = EVIDENCE.flatMap((evidence) => {
    const rows = results.assumptions.filter((row) => row.evidence === evidence);
    if (rows.length === 0) return [];
    return [
      `<h3 id="assumptions-${evidence}"><span class="badge ${evidence}">${evidence}</span> ${formatInteger(rows.length)} ${rows.length === 1 ? 'number' : 'numbers'}: ${MEANING[evidence]}</h3>
${tableHtml(assumptions({ assumptions: rows }), evidence)}`,
    ];
  });
  return `<p class="note">${legend.join('; ')}.</p>
${evidenceMixHtml(results)}
${tables.join('\n')}`;
}
