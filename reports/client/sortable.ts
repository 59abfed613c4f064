/* Tables whose rows the reader sorts by a column, and among which words are looked for. */

export function makeSortable(table: HTMLTableElement): void {
  const body = table.tBodies[0]!;
  const original = [...body.rows];
  const headers = [...table.tHead!.rows[0]!.cells];
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
  addFilter(table, original);
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
    const value = cell.dataset.value;
    return { row, text: cell.textContent ?? '', value: value === undefined ? undefined : Number(value) };
  });
  keyed.sort((a, b) => {
    if (!isNumber) return sign * a.text.localeCompare(b.text, 'en', { numeric: true });
    if (a.value === undefined || b.value === undefined)
      return Number(a.value === undefined) - Number(b.value === undefined);
    return sign * (a.value - b.value);
  });
  return keyed.map(({ row }) => row);
}

function addFilter(table: HTMLTableElement, rows: readonly HTMLTableRowElement[]): void {
  const caption = table.caption?.textContent ?? 'the table';
  const tools = document.createElement('div');
  tools.className = 'tools';
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
  table.closest('.scroll')!.before(tools);
}
