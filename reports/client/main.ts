/* The script in the report: draws each figure's chart from the results in the page, again when its width changes. */
import type { Results } from '../../scenarios/results.ts';
import type { Validation } from '../../scenarios/validation.ts';
import type { Chart, Figure } from '../figure.ts';
import { figures } from '../figures.ts';
import { validationFigures } from '../validation-figures.ts';
import { drawBars } from './bars.ts';
import { drawChoice } from './choice.ts';
import { drawHeatMap } from './heat-map.ts';
import { drawLines } from './lines.ts';
import { drawScatter } from './scatter.ts';
import { makeSortable } from './sortable.ts';
import { drawStacks } from './stacks.ts';
import { drawStrips } from './strips.ts';
import { drawTimeline } from './timeline.ts';

function draw(box: HTMLElement, figure: Figure, chart: Chart): void {
  const context = { width: box.clientWidth, label: `${figure.title}. The data follow as a table.` };
  if (chart.kind === 'timeline') drawTimeline(box, chart, context);
  else if (chart.kind === 'lines') drawLines(box, chart, context);
  else if (chart.kind === 'choice') drawChoice(box, chart, context);
  else if (chart.kind === 'bars') drawBars(box, chart, context);
  else if (chart.kind === 'scatter') drawScatter(box, chart, context);
  else if (chart.kind === 'strips') drawStrips(box, chart, context);
  else if (chart.kind === 'heat') drawHeatMap(box, chart, context);
  else drawStacks(box, chart, context);
}

const results = JSON.parse(document.getElementById('results')!.textContent!) as Results | Validation;
const drawn = results.format === 'stepcast validation' ? validationFigures(results) : figures(results);
const byBox = new Map<Element, { figure: Figure; chart: Chart; width: number }>();

const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const entry = byBox.get(target)!;
    const width = (target as HTMLElement).clientWidth;
    if (width === entry.width || width === 0) continue;
    entry.width = width;
    try {
      draw(target as HTMLElement, entry.figure, entry.chart);
    } catch (error) {
      // One chart that fails must not take the others with it; its table still stands.
      console.error(error);
      const note = document.createElement('p');
      note.className = 'failed';
      note.textContent = 'This chart could not be drawn; its data are in the table.';
      target.replaceChildren(note);
    }
  }
});

for (const figure of drawn) {
  const box = document.querySelector(`[data-chart="${figure.id}"]`);
  if (box === null || figure.chart === null) continue;
  byBox.set(box, { figure, chart: figure.chart, width: -1 });
  observer.observe(box);
}

for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) makeSortable(table);
