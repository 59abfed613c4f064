import { pointer, select } from 'd3';
import type { StripsChart } from '../figure.ts';
import { drawX, type Frame, scaleOf } from './axes.ts';
import type { DrawContext } from './context.ts';
import { fitText } from './fit-text.ts';
import { legend, toneColour, tonePath } from './marks.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

const ROW = 26;
const BAR = 10;
/** Half the height over which the points of a row are spread. */
const SPREAD = 7;

export function drawStrips(box: HTMLElement, chart: StripsChart, { width, label }: DrawContext): void {
  const { bars } = chart;
  const symbols = bars !== undefined;
  const mark = symbols ? ('symbol' as const) : ('square' as const);
  const entries = [
    ...(symbols ? [{ ...bars, mark: 'square' as const }] : []),
    ...chart.legend.map(({ name, tone }) => ({ name, tone, mark })),
  ];
  const panel = document.createElement('div');
  box.replaceChildren(legend(entries), panel);
  const left = Math.min(210, Math.round(width * 0.42));
  const frame: Frame = {
    ...{ width, height: chart.rows.length * ROW + 52, left, right: 14 },
    ...{ top: 4, bottom: 44 },
  };
  const svg = select(panel)
    .append('svg')
    .attr('role', 'img')
    .attr('aria-label', label)
    .attr('width', frame.width)
    .attr('height', frame.height)
    .attr('viewBox', `0 0 ${frame.width} ${frame.height}`);
  const all = chart.rows.flatMap(({ points }) => points.map((point) => point.x));
  const x = scaleOf(chart.x, all, [frame.left, frame.width - frame.right]);
  const layer = svg.append('g');
  drawX(layer, chart.x, x, frame);
  if (chart.ideal !== null) {
    layer
      .append('line')
      .attr('x1', x(chart.ideal))
      .attr('x2', x(chart.ideal))
      .attr('y1', frame.top)
      .attr('y2', frame.height - frame.bottom)
      .attr('stroke', 'var(--muted)')
      .attr('stroke-dasharray', '4 3');
  }
  const heightOf = (row: number): number => frame.top + (row + 0.5) * ROW;
  // Spread evenly by their place: points of equal value would hide each other.
  const offset = (i: number): number => (symbols ? 0 : (((i * 0.618034) % 1) * 2 - 1) * SPREAD);
  for (const [r, row] of chart.rows.entries()) {
    const at = heightOf(r);
    const name = layer
      .append('text')
      .attr('class', 'strong')
      .attr('x', frame.left - 10)
      .attr('y', at)
      .attr('dy', '.32em')
      .attr('text-anchor', 'end')
      .text(row.name);
    fitText(name.node()!, frame.left - 12);
    if (!symbols) {
      for (const [i, { x: value, tone }] of row.points.entries()) {
        layer
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
      layer
        .append('rect')
        .attr('class', 'mark')
        .attr('x', x(low))
        .attr('width', Math.max(1, x(high) - x(low)))
        .attr('y', at - BAR / 2)
        .attr('height', BAR)
        .attr('rx', 2)
        .attr('fill', toneColour(bars.tone));
    }
    layer
      .append('line')
      .attr('x1', x(low))
      .attr('x2', x(high))
      .attr('y1', at)
      .attr('y2', at)
      .attr('stroke', 'var(--ink)')
      .attr('stroke-width', symbols ? 0 : 1.5);
    layer
      .append('line')
      .attr('x1', x(row.median))
      .attr('x2', x(row.median))
      .attr('y1', at - 7)
      .attr('y2', at + 7)
      .attr('stroke', 'var(--ink)')
      .attr('stroke-width', 2.5);
    if (!symbols) continue;
    for (const { x: value, tone } of row.points) {
      layer
        .append('path')
        .attr('class', 'mark')
        .attr('transform', `translate(${x(value).toFixed(1)},${at})`)
        .attr('d', tonePath(tone))
        .attr('fill', toneColour(tone))
        .attr('stroke', 'var(--paper)');
    }
  }
  svg
    .on('pointermove pointerdown', (event: PointerEvent) => {
      const [mx, my] = pointer(event);
      const r = Math.floor((my - frame.top) / ROW);
      const points = chart.rows[r]?.points ?? [];
      const at = heightOf(r);
      const distance = (i: number): number =>
        symbols ? 0 : (x(points[i]!.x) - mx) ** 2 + (at + offset(i) - my) ** 2;
      let nearest = -1;
      for (const i of points.keys()) if (nearest < 0 || distance(i) < distance(nearest)) nearest = i;
      if (nearest < 0 || distance(nearest) > 400) hideTooltip();
      else showTooltip(points[nearest]!.tip, event.clientX, event.clientY);
    })
    .on('pointerleave', hideTooltip);
}
