import { curveLinear, curveStepAfter, line } from 'd3';
import type { LinesChart, Series } from '../figure.ts';
import { escapeHtml } from '../markup.ts';
import { drawX, drawY, type Frame, type Scale, scaleOf } from './axes.ts';
import { type DrawContext, type Drawing, panelGrid, type Tip } from './drawing.ts';
import { type LegendEntry, legendHtml, toneColour, toneDash, tonePath } from './marks.ts';
import { type Shape, svg } from './shape.ts';

/** Pixels between the intervals of neighbouring lines, which would hide each other. */
const ASIDE = 4;

export function drawLines(chart: LinesChart, context: DrawContext): Drawing {
  const entries: LegendEntry[] = chart.legend.map(({ name, tone }) => ({ name, tone, mark: 'line' }));
  if (chart.reference !== null) entries.push({ name: chart.reference.name, tone: 'muted', mark: 'dashes' });
  const all = chart.panels.flatMap((panel) => panel.series);
  const intervals = all.flatMap(({ intervals = [] }) => intervals).filter((interval) => interval !== null);
  if (intervals.length > 0 && chart.intervals !== undefined)
    entries.push({ name: chart.intervals, tone: 'muted', mark: 'interval' });

  const { columns, panelWidth } = panelGrid(context.width, chart.panels.length, 255);
  const ends = chart.reference === null ? [] : [chart.reference.from, chart.reference.to];
  const xs = [...all.flatMap((series) => series.x), ...ends.map(([x]) => x)];
  const ys = [...all.flatMap((series) => series.y), ...ends.map(([, y]) => y), ...intervals.flat()];
  const tips: Tip[][] = [];
  const panels = chart.panels.map(({ title, series }) => {
    const height = Math.round(Math.min(360, Math.max(210, panelWidth * 0.62)));
    const frame: Frame = { width: panelWidth, height: height + 62, left: 50, right: 16, top: 24, bottom: 44 };
    const name = title === '' ? context.label : `${title}: ${context.label}`;
    const panel = drawPanel(chart, series, [xs, ys], frame, { ...context, label: name });
    tips.push(panel.tips);
    const heading = title === '' ? '' : `<p class="panel-title">${escapeHtml(title)}</p>`;
    return `<div class="panel">${heading}${panel.image}</div>`;
  });
  return {
    html: `${legendHtml(entries)}<div class="panels" style="grid-template-columns:repeat(${columns},minmax(0,1fr))">${panels.join('')}</div>`,
    tips,
  };
}

function drawPanel(
  chart: LinesChart,
  series: readonly Series[],
  [xs, ys]: readonly [number[], number[]],
  frame: Frame,
  { label, textWidth }: DrawContext,
): { image: Shape; tips: Tip[] } {
  const image = svg(label, frame.width, frame.height);
  const x = scaleOf(chart.x, xs, [frame.left, frame.width - frame.right]);
  const y = scaleOf(chart.y, ys, [frame.height - frame.bottom, frame.top]);
  drawY(image, chart.y, y, frame);
  drawX(image, chart.x, x, frame, textWidth);
  if (chart.reference !== null) {
    const { from, to } = chart.reference;
    image
      .append('line')
      .attr('class', 'reference')
      .attr('x1', x(from[0]))
      .attr('y1', y(from[1]))
      .attr('x2', x(to[0]))
      .attr('y2', y(to[1]))
      .attr('stroke', 'var(--muted)')
      .attr('stroke-width', 1.5)
      .attr('stroke-dasharray', '4 3');
  }
  for (const [i, one] of series.entries()) {
    drawIntervals(image, one, x, y, (i - (series.length - 1) / 2) * ASIDE);
  }
  const path = line<number>()
    .digits(1)
    .curve(chart.curve === 'step' ? curveStepAfter : curveLinear);
  for (const { x: px, y: py, tone, marked } of series) {
    path.x((i) => x(px[i]!)).y((i) => y(py[i]!));
    image
      .append('path')
      .attr('class', 'mark')
      .attr('d', path(px.keys()))
      .attr('fill', 'none')
      .attr('stroke', toneColour(tone))
      .attr('stroke-width', 2)
      .attr('stroke-linejoin', 'round')
      .attr('stroke-dasharray', toneDash(tone));
    const symbols = image.append('g').attr('fill', toneColour(tone)).attr('stroke', 'var(--paper)');
    for (const i of marked ?? markedPoints(px.length, chart.symbols)) {
      symbols
        .append('path')
        .attr('class', 'mark')
        .attr('transform', `translate(${x(px[i]!).toFixed(1)},${y(py[i]!).toFixed(1)})`)
        .attr('d', tonePath(tone));
    }
  }
  const tips = series.flatMap((one) =>
    one.x.map((value, i) => ({ x: x(value), y: y(one.y[i]!), lines: one.tips[i]! })),
  );
  return { image, tips };
}

/** Dense curves carry few symbols, from the end: enough to tell the lines apart without their colours. */
function markedPoints(count: number, all: boolean): number[] {
  const every = all ? 1 : Math.max(1, Math.ceil(count / 5));
  return Array.from({ length: count }, (_, i) => i).filter((i) => (count - 1 - i) % every === 0);
}

/** Lines with a cap at either end. */
function drawIntervals(
  image: Shape,
  { x: px, tone, intervals }: Series,
  x: Scale,
  y: Scale,
  aside: number,
): void {
  const path = (intervals ?? []).map((interval, i) => {
    if (interval === null) return '';
    const at = (x(px[i]!) + aside).toFixed(1);
    const [low, high] = interval.map((value) => y(value).toFixed(1));
    return `M${at},${low}V${high}m-3,0h6M${at},${low}m-3,0h6`;
  });
  if (path.every((part) => part === '')) return;
  image
    .append('path')
    .attr('class', 'interval')
    .attr('d', path.join(''))
    .attr('fill', 'none')
    .attr('stroke', toneColour(tone))
    .attr('stroke-opacity', 0.55)
    .attr('stroke-width', 1.25);
}
