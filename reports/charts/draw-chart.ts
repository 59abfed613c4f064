import type { Chart } from '../figure.ts';
import { drawBars } from './bars.ts';
import type { DrawContext, Drawing } from './drawing.ts';
import { drawHeat } from './heat.ts';
import { drawLines } from './lines.ts';
import { drawScatter } from './scatter.ts';
import { drawStacks } from './stacks.ts';
import { drawStrips } from './strips.ts';

/** A chart as HTML, by itself: of a choice the first option. Undefined of those that only a page can draw. */
export function drawChart(chart: Chart, context: DrawContext): Drawing | undefined {
  switch (chart.kind) {
    case 'lines':
      return drawLines(chart, context);
    case 'choice':
      return drawLines(chart.options[0]!.chart, context);
    case 'bars':
      return drawBars(chart, context);
    case 'stacks':
      return drawStacks(chart, context);
    case 'scatter':
      return drawScatter(chart, context);
    case 'strips':
      return drawStrips(chart, context);
    case 'heat':
      return drawHeat(chart, context);
    default:
      return undefined;
  }
}
