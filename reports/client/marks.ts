import { type LegendEntry, legendHtml } from '../charts/marks.ts';

export { toneColour, toneInk } from '../charts/marks.ts';

/** What colours and symbols mean, as an element. */
export function legend(entries: readonly LegendEntry[]): HTMLElement {
  const box = document.createElement('template');
  box.innerHTML = legendHtml(entries);
  return (box.content.firstElementChild as HTMLElement | null) ?? document.createElement('ul');
}
