/** Of A4 between its margins, in CSS pixels. */
const PAPER_WIDTH = 680;

/**
 * On paper nothing can be opened and nothing scrolls: while the page is printed what is folded is open, but for tables of what
 * a chart shows already, and charts are as wide as the paper; `draw` draws them at a width, or at their own.
 */
export function printWhole(draw: (width: number | undefined) => void): void {
  let opened: HTMLDetailsElement[] = [];
  addEventListener('beforeprint', () => {
    opened = [...document.querySelectorAll<HTMLDetailsElement>('details:not([open])')].filter(
      (details) =>
        details.closest('.figure')?.querySelector('.chart') == null &&
        details.querySelectorAll('tr').length <= MOST_ROWS,
    );
    for (const details of opened) details.open = true;
    draw(PAPER_WIDTH);
  });
  addEventListener('afterprint', () => {
    for (const details of opened) details.open = false;
    draw(undefined);
  });
}

/** Of a table that is opened for print: longer ones are read in the file. */
const MOST_ROWS = 60;
