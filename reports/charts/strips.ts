import type { StripsChart } from '../figure.ts';
import { drawX, type Frame, scaleOf } from './axes.ts';
import type { DrawContext, Drawing, Tip } from './drawing.ts';
import { legendHtml, toneColour, tonePath } from './marks.ts';
import { svg } from './shape.ts';
import { fitted } from './text-width.ts';

const ROW = 26;
const BAR = 10;
/** Half the height over which the points of a row are spread. */
const SPREAD = 7;

export function drawStrips(chart: StripsChart, { width, label, textWidth }: DrawContext): Drawing {
  const { bars } = chart;
  const symbols = bars !== undefined;
  const mark = symbols ? ('symbol' as const) : ('square' as const);
  const legend = legendHtml([
    ...(symbols ? [{ ...bars, mark: 'square' as const }] : []),
    ...chart.legend.map(({ name, tone }) => ({ name, tone, mark })),
  ]);
  const left = Math.min(210, Math.round(width * 0.42));
  const height = chart.rows.length * ROW + 52;
  const frame: Frame = { width, height, left, right: 14, top: 4, bottom: 44 };
  const image = svg(label, frame.width, frame.height);
  const all = chart.rows.flatMap(({ points }) => points.map((point) => point.x));
  const x = scaleOf(chart.x, all, [frame.left, frame.width - frame.right]);
  drawX(image, chart.x, x, frame, textWidth);
  if (chart.ideal !== null) {
    image
      .append('line')
      .attr('x1', x(chart.ideal))
      .attr('x2', x(chart.ideal))
      .attr('y1', frame.top)
      .attr('y2', frame.height - frame.bottom)
      .attr('stroke', 'var(--muted)')
      .attr('stroke-dasharray', '4 3');
  }
  // Spread evenly by their place: points of equal value would hide each other.
  const offset = (i: number): number => (symbols ? 0 : (((i * 0.618034) % 1) * 2 - 1) * SPREAD);
  const tips: Tip[] = [];
  for (const [r, row] of chart.rows.entries()) {
    const at = frame.top + (r + 0.5) * ROW;
    image
      .append('text')
      .attr('class', 'strong')
      .attr('x', frame.left - 10)
      .attr('y', at)
      .attr('dy', '.32em')
      .attr('text-anchor', 'end')
      .text(fitted(row.name, frame.left - 12, textWidth));
    for (const [i, { x: value, tip }] of row.points.entries()) {
      tips.push({ x: x(value), y: at + offset(i), lines: tip });
    }
    if (!symbols) {
      for (const [i, { x: value, tone }] of row.points.entries()) {
        image
          .append('circle')
          .attr('class', 'mark')
          .attr('cx', x(value).toFixed(1))
          .attr('cy', (at + offset(i)).toFixed(1))
          .attr('r', 2.2)
          .attr('fill', toneColour(tone))
          .attr('fill-opacity', 0.45);
      }
    }
    const [low, high] = row.middle;
    if (symbols) {
      image
        .append('rect')
        .attr('class', 'mark')
        .attr('x', x(low))
        .attr('width', Math.max(1, x(high) - x(low)))
        .attr('y', at - BAR / 2)
        .attr('height', BAR)
        .attr('rx', 2)
        .attr('fill', toneColour(bars.tone));
    } else {
      image
        .append('line')
        .attr('x1', x(low))
        .attr('x2', x(high))
        .attr('y1', at)
        .attr('y2', at)
        .attr('stroke', 'var(--ink)')
        .attr('stroke-width', 1.5);
    }
    image
      .append('line')
      .attr('x1', x(row.median))
      .attr('x2', x(row.median))
      .attr('y1', at - 7)
      .attr('y2', at + 7)
      .attr('stroke', 'var(--ink)')
      .attr('stroke-width', 2.5);
    if (!symbols) continue;
    for (const { x: value, tone } of row.points) {
      image
        .append('path')
        .attr('class', 'mark')
        .attr('transform', `translate(${x(value).toFixed(1)},${at})`)
        .attr('d', tonePath(tone))
        .attr('fill', toneColour(tone))
        .attr('stroke', 'var(--paper)');
    }
  }
  return { html: `${legend}<div>${image}</div>`, tips: [tips] };
}
