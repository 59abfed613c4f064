import type { KeyFigure } from './key-figures.ts';
import { escapeHtml } from './markup.ts';
import { clip, unitsKept } from './names.ts';

/** Values longer than this are words rather than figures, and smaller. */
const WORDS = 14;

/** Large figures side by side; '' of none. */
export function factsHtml(facts: readonly KeyFigure[]): string {
  if (facts.length === 0) return '';
  const cards = facts.map(({ name, value, detail }) => {
    const size = value.length > WORDS ? ' class="words"' : '';
    return `<div><dt>${escapeHtml(name)}</dt><dd><strong${size}>${escapeHtml(unitsKept(clip(value, 120)))}</strong> <span>${escapeHtml(unitsKept(clip(detail, 300)))}</span></dd></div>`;
  });
  return `<dl class="strip">\n${cards.join('\n')}\n</dl>`;
}

/** Four facts of each experiment in a row of its own; '' without any. */
export function glanceHtml(
  experiments: readonly {
    readonly id: string;
    readonly title: string;
    readonly facts: readonly KeyFigure[];
  }[],
): string {
  const names = experiments.find(({ facts }) => facts.length > 0)?.facts.map(({ name }) => name);
  if (names === undefined) return '';
  const rows = experiments.map(({ id, title, facts }) => {
    const cells = facts.map(
      ({ value, detail }) =>
        `<td><strong>${escapeHtml(unitsKept(clip(value, 120)))}</strong> <span>${escapeHtml(unitsKept(clip(detail, 300)))}</span></td>`,
    );
    const rest = cells.length === 0 ? `<td colspan="${names.length}">nothing to tell</td>` : cells.join('');
    return `<tr><th scope="row"><a href="#${id}">${escapeHtml(clip(title, 80))}</a></th>${rest}</tr>`;
  });
  const heads = ['Experiment', ...names.map((name) => name.replace(/,.*/, ''))];
  return `<div class="scroll glance" role="region" tabindex="0" aria-label="All experiments at a glance"><div class="rows"><table>
<caption>All experiments at a glance</caption>
<thead><tr>${heads.map((head) => `<th scope="col">${escapeHtml(head)}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody></table></div></div>`;
}
