/* Tables whose rows the reader sorts by a column, among which words are looked for, and which are taken elsewhere. */
import { copyText, download, toolButton } from './downloads.ts';
import { quantityOf } from './quantity.ts';
import { csvOf, inOneUnit, tsvOf } from './table-text.ts';

/** From so many rows on one looks for words rather than reads. */
const SEARCHED_FROM = 12;

export function makeSortable(table: HTMLTableElement): void {
  const body = table.tBodies[0]!;
  const original = [...body.rows];
  const headers = [...table.tHead!.rows[0]!.cells];
  const tools = document.createElement('div');
  tools.className = 'tools';
  if (original.length >= SEARCHED_FROM) addFilter(tools, table, original);
  addDownloads(tools, table, headers);
  table.closest('.scroll')!.before(tools);
  if (original.length < 2) return;
  for (const [column, header] of headers.entries()) {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = header.textContent;
    header.replaceChildren(button);
    button.addEventListener('click', () => {
      const descending = header.getAttribute('aria-sort') === 'ascending';
      for (const other of headers) other.removeAttribute('aria-sort');
      header.setAttribute('aria-sort', descending ? 'descending' : 'ascending');
      body.append(...sorted(original, column, header.classList.contains('number'), descending));
    });
  }
}

/** Rows without a value come last either way. */
function sorted(
  rows: readonly HTMLTableRowElement[],
  column: number,
  isNumber: boolean,
  descending: boolean,
): HTMLTableRowElement[] {
  const sign = descending ? -1 : 1;
  const keyed = rows.map((row) => {
    const cell = row.cells[column]!;
    const text = cell.textContent ?? '';
    const value = cell.dataset.value;
    return { row, text, value: value === undefined ? quantityOf(text)?.value : Number(value) };
  });
  keyed.sort((a, b) => {
    if (!isNumber) return sign * a.text.localeCompare(b.text, 'en', { numeric: true });
    if (a.value === undefined || b.value === undefined)
      return Number(a.value === undefined) - Number(b.value === undefined);
    return sign * (a.value - b.value);
  });
  return keyed.map(({ row }) => row);
}

function addFilter(tools: HTMLElement, table: HTMLTableElement, rows: readonly HTMLTableRowElement[]): void {
  const caption = table.caption?.textContent ?? 'the table';
  const input = document.createElement('input');
  input.type = 'search';
  input.placeholder = 'Rows with …';
  input.setAttribute('aria-label', `Show only rows with these words: ${caption}`);
  const found = document.createElement('p');
  found.setAttribute('role', 'status');
  const texts = rows.map((row) => (row.textContent ?? '').toLowerCase());
  input.addEventListener('input', () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const [i, row] of rows.entries()) {
      row.hidden = !words.every((word) => texts[i]!.includes(word));
      if (!row.hidden) shown++;
    }
    found.textContent = words.length === 0 ? '' : `${shown} of ${rows.length} rows`;
  });
  tools.append(input, found);
}

/** Of the rows that are shown, in the order in which they are. */
function addDownloads(tools: HTMLElement, table: HTMLTableElement, headers: readonly HTMLElement[]): void {
  const caption = table.caption?.textContent ?? 'table';
  const cells = (): string[][] => [
    headers.map((header) => header.textContent ?? ''),
    ...[...table.tBodies[0]!.rows]
      .filter((row) => !row.hidden)
      .map((row) => [...row.cells].map((cell) => cell.title || (cell.textContent ?? ''))),
  ];
  const place = table.closest('[id]')?.id ?? 'table';
  const copy = toolButton('Copy', caption, () => {
    void copyText(tsvOf(cells())).then((done) => {
      copy.textContent = done ? 'Copied' : 'Could not copy';
    });
  });
  const save = toolButton('CSV', caption, () => {
    const number = [...document.querySelectorAll(`#${CSS.escape(place)} table`)].indexOf(table);
    download(`${place}${number > 0 ? `-${number + 1}` : ''}.csv`, 'text/csv', csvOf(inOneUnit(cells())));
  });
  tools.append(save, copy);
}
