/* The script in the report: draws each figure's chart from the results in the page, again when its width changes. */
import type { Chart, Figure } from '../figure.ts';
import { fromPageData } from '../page-data.ts';
import { type PageSource, pageFigures } from '../page-figures.ts';
import { drawChoice } from './choice.ts';
import { download, toolButton } from './downloads.ts';
import { drawInto } from './draw.ts';
import { drawHeatMap } from './heat-map.ts';
import { enliven } from './live.ts';
import { enlivenPlacedGraph } from './placed-graph.ts';
import { printWhole } from './print-whole.ts';
import { makeSortable } from './sortable.ts';
import { standaloneSvg } from './standalone-svg.ts';
import { drawTimeline } from './timeline.ts';

interface Drawn {
  readonly figure: Figure;
  readonly chart: Chart;
  width: number;
}

function draw(box: HTMLElement, { figure, chart }: Drawn, width: number): void {
  const context = { width, label: `${figure.title}. The data follow as a table.` };
  try {
    if (chart.kind === 'timeline') drawTimeline(box, chart, context);
    else if (chart.kind === 'heat') drawHeatMap(box, chart, context);
    else if (chart.kind === 'choice') drawChoice(box, chart, context);
    else drawInto(box, chart, context);
  } catch (error) {
    // One chart that fails must not take the others with it; its table still stands.
    console.error(error);
    const note = document.createElement('p');
    note.className = 'failed';
    note.textContent = 'This chart could not be drawn; its data are in the table.';
    box.replaceChildren(note);
  }
}

const results = fromPageData(JSON.parse(document.getElementById('results')!.textContent!) as PageSource);
const drawn = pageFigures(results);
const byBox = new Map<HTMLElement, Drawn>();

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const box = target as HTMLElement;
    const entry = byBox.get(box)!;
    const width = box.clientWidth;
    if (width === entry.width || width === 0) continue;
    entry.width = width;
    draw(box, entry, width);
  }
});

for (const figure of drawn) {
  const box = document.querySelector<HTMLElement>(`[data-chart="${figure.id}"]`);
  if (box === null || figure.chart === null) continue;
  if (figure.chart.kind === 'placed-graph') enlivenPlacedGraph(box);
  else {
    byBox.set(box, { figure, chart: figure.chart, width: -1 });
    observer.observe(box);
  }
  if (figure.chart.kind === 'timeline') continue;
  const save = toolButton('Chart as SVG', figure.title, () =>
    download(
      `${figure.id}.svg`,
      'image/svg+xml',
      standaloneSvg([...box.querySelectorAll<SVGSVGElement>('svg[role=img], svg[role=group]')], figure.title),
    ),
  );
  box.closest('.figure')?.querySelector('.foot')?.append(save);
}

for (const table of document.querySelectorAll<HTMLTableElement>('.scroll > table')) makeSortable(table);
printWhole((width) => {
  for (const [box, entry] of byBox) if (entry.width > 0) draw(box, entry, width ?? entry.width);
});
if (results.format === 'stepcast results') enliven(results);
