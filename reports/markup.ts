import type { Column, Table } from './figure.ts';
import { visible } from './names.ts';

const ESCAPES: { readonly [character: string]: string } = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as HTML, in an element or in an attribute within quotes. Unseen characters are made visible. */
export function escapeHtml(text: string): string {
  return visible(text).replace(/[&<>"']/g, (character) => ESCAPES[character]!);
}

/** JSON for a script element: no `<`, so nothing in it can end the element or open a comment. */
export function scriptJson(value: unknown): string {
  return JSON.stringify(value).replace(/</g, '\\u003c');
}

/** A script for a script element: only strings, templates and regular expressions can hold what would end it. */
export function scriptText(script: string): string {
  return script.replace(/<(?=\/script|!--|script)/gi, '\\x3c');
}

/** A table in a box of its own that scrolls; `place` makes its accessible name unique in the page. */
export function tableHtml(table: Table, place: string): string {
  const rows = table.columns[0]?.cells.length ?? 0;
  const head = table.columns
    .map((column) => `<th scope="col"${classOf(column)}>${escapeHtml(column.header)}</th>`)
    .join('');
  const body: string[] = [];
  for (let row = 0; row < rows; row++) {
    body.push(`<tr>${table.columns.map((column) => cellHtml(column, row)).join('')}</tr>`);
  }
  const name = escapeHtml(`${table.caption} (${place})`);
  return `<div class="scroll" role="region" tabindex="0" aria-label="${name}"><table${table.sortable === true ? ' class="sortable"' : ''}>
<caption>${escapeHtml(table.caption)}</caption>
<thead><tr>${head}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>`;
}

const classOf = (column: Column) => (column.kind === 'number' ? ' class="number"' : '');

function cellHtml(column: Column, row: number): string {
  const shown = column.cells[row] ?? '';
  const value = column.values?.[row] ?? null;
  const order = value === null ? '' : ` data-value="${value}"`;
  if (column.kind === 'number') return `<td class="number"${order}>${escapeHtml(shown)}</td>`;
  if (column.kind === 'badge') {
    return `<td><span class="badge ${shown.replace(/[^a-z]/g, '')}">${escapeHtml(shown)}</span></td>`;
  }
  const full = column.titles?.[row];
  const title = full === undefined || full === shown ? '' : ` title="${escapeHtml(full)}"`;
  return `<td${title}><bdi>${escapeHtml(shown)}</bdi></td>`;
}
