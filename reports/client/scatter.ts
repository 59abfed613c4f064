import { pointer, select } from 'd3';
import type { ScatterChart, ScatterPoint } from '../figure.ts';
import { drawX, drawY, type Frame, scaleOf } from './axes.ts';
import type { DrawContext } from './context.ts';
import { legend, toneColour, tonePath } from './marks.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

/** Pixels around a point within which the pointer finds it. */
const REACH = 30;
const AREA = 22;
/** Pixels from tick to tick: labels may be times with units. */
const TICK_SPACE = 72;

export function drawScatter(box: HTMLElement, chart: ScatterChart, { width, label }: DrawContext): void {
  const entries = chart.legend.map(({ name, tone }) => ({ name, tone, mark: 'symbol' as const }));
  const ideal =
    chart.ideal === null ? [] : [{ name: chart.ideal.name, tone: 'muted', mark: 'dashes' as const }];
  const panel = document.createElement('div');
  box.replaceChildren(legend([...entries, ...ideal]), panel);

  const side = Math.min(width, 720);
  const margins = { left: 58, right: 16, top: 24, bottom: 44 };
  const frame: Frame = chart.square
    ? { width: side, height: side - margins.left - margins.right + margins.top + margins.bottom, ...margins }
    : { width, height: Math.round(Math.min(380, Math.max(250, width * 0.5))) + 62, ...margins };
  const svg = select(panel)
    .append('svg')
    .attr('role', 'img')
    .attr('aria-label', label)
    .attr('width', frame.width)
    .attr('height', frame.height)
    .attr('viewBox', `0 0 ${frame.width} ${frame.height}`);
  const xs = chart.points.map(({ x }) => x);
  const ys = chart.points.map(({ y }) => y);
  const x = scaleOf(chart.x, xs, [frame.left, frame.width - frame.right]);
  const y = scaleOf(chart.y, ys, [frame.height - frame.bottom, frame.top]);
  const layer = svg.append('g');
  drawY(layer, chart.y, y, frame);
  drawX(layer, chart.x, x, frame, TICK_SPACE);
  if (chart.ideal !== null) {
    const { from, to } = chart.ideal;
    layer
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
    layer
      .append('path')
      .attr('d', path)
      .attr('stroke', toneColour(tone))
      .attr('stroke-width', 1)
      .attr('stroke-opacity', 0.14)
      .attr('fill', 'none');
  }
  for (const point of chart.points) {
    const mark = layer
      .append('path')
      .attr('class', 'mark')
      .attr('transform', `translate(${x(point.x).toFixed(1)},${y(point.y).toFixed(1)})`)
      .attr('d', tonePath(point.tone, AREA));
    if (point.hollow) mark.attr('fill', 'none').attr('stroke', toneColour(point.tone)).attr('opacity', 0.6);
    else mark.attr('fill', toneColour(point.tone)).attr('fill-opacity', 0.6);
  }

  const halo = svg
    .append('circle')
    .attr('r', 8)
    .attr('fill', 'none')
    .attr('stroke', 'var(--ink)')
    .attr('stroke-width', 1.5)
    .attr('visibility', 'hidden');
  const leave = (): void => {
    halo.attr('visibility', 'hidden');
    hideTooltip();
  };
  svg
    .on('pointermove pointerdown', (event: PointerEvent) => {
      const [mx, my] = pointer(event);
      let nearest = REACH ** 2;
      let found: ScatterPoint | undefined;
      for (const point of chart.points) {
        const distance = (x(point.x) - mx) ** 2 + (y(point.y) - my) ** 2;
        if (distance < nearest) {
          nearest = distance;
          found = point;
        }
      }
      if (found === undefined) return leave();
      halo.attr('cx', x(found.x)).attr('cy', y(found.y)).attr('visibility', 'visible');
      showTooltip(found.tip, event.clientX, event.clientY);
    })
    .on('pointerleave', leave);
}
