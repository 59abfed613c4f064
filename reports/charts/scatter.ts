import type { ScatterChart } from '../figure.ts';
import { drawX, drawY, type Frame, scaleOf } from './axes.ts';
import type { DrawContext, Drawing } from './drawing.ts';
import { type LegendEntry, legendHtml, toneColour, tonePath } from './marks.ts';
import { svg } from './shape.ts';

const AREA = 22;
/** Pixels from tick to tick: labels may be times with units. */
const TICK_SPACE = 72;

export function drawScatter(chart: ScatterChart, { width, label, textWidth }: DrawContext): Drawing {
  const entries: LegendEntry[] = chart.legend.map(({ name, tone }) => ({ name, tone, mark: 'symbol' }));
  if (chart.ideal !== null) entries.push({ name: chart.ideal.name, tone: 'muted', mark: 'dashes' });
  const side = Math.min(width, 720);
  const margins = { left: 58, right: 16, top: 24, bottom: 44 };
  const frame: Frame = chart.square
    ? { width: side, height: side - margins.left - margins.right + margins.top + margins.bottom, ...margins }
    : { width, height: Math.round(Math.min(380, Math.max(250, width * 0.5))) + 62, ...margins };
  const image = svg(label, frame.width, frame.height);
  const xs = chart.points.map(({ x }) => x);
  const ys = chart.points.map(({ y }) => y);
  const x = scaleOf(chart.x, xs, [frame.left, frame.width - frame.right]);
  const y = scaleOf(chart.y, ys, [frame.height - frame.bottom, frame.top]);
  drawY(image, chart.y, y, frame);
  drawX(image, chart.x, x, frame, textWidth, TICK_SPACE);
  if (chart.ideal !== null) {
    const { from, to } = chart.ideal;
    image
      .append('line')
      .attr('x1', x(from[0]))
      .attr('y1', y(from[1]))
      .attr('x2', x(to[0]))
      .attr('y2', y(to[1]))
      .attr('stroke', 'var(--muted)')
      .attr('stroke-width', 1.5)
      .attr('stroke-dasharray', '4 3');
  }
  const inside = (value: number): number => Math.max(frame.top, Math.min(frame.height - frame.bottom, value));
  const reaches = new Map<number, string>();
  for (const point of chart.points) {
    if (point.interval === null) continue;
    const [low, high] = point.interval;
    const path = `M${x(point.x).toFixed(1)},${inside(y(low)).toFixed(1)}V${inside(y(high)).toFixed(1)}`;
    reaches.set(point.tone, (reaches.get(point.tone) ?? '') + path);
  }
  for (const [tone, path] of reaches) {
    image
      .append('path')
      .attr('d', path)
      .attr('stroke', toneColour(tone))
      .attr('stroke-width', 1)
      .attr('stroke-opacity', 0.14)
      .attr('fill', 'none');
  }
  for (const point of chart.points) {
    const colour = toneColour(point.tone);
    image
      .append('path')
      .attr('class', 'mark')
      .attr('transform', `translate(${x(point.x).toFixed(1)},${y(point.y).toFixed(1)})`)
      .attr('d', tonePath(point.tone, AREA))
      .attr('fill', point.hollow ? 'none' : colour)
      .attr('fill-opacity', point.hollow ? null : 0.6)
      .attr('stroke', point.hollow ? colour : null)
      .attr('opacity', point.hollow ? 0.6 : null);
  }
  const tips = chart.points.map((point) => ({ x: x(point.x), y: y(point.y), lines: point.tip }));
  return { html: `${legendHtml(entries)}<div>${image}</div>`, tips: [tips] };
}
