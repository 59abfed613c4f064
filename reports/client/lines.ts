import { curveLinear, curveStepAfter, line, pointer, select } from 'd3';
import type { LinesChart, Series } from '../figure.ts';
import { drawX, drawY, type Frame, scaleOf } from './axes.ts';
import { type DrawContext, panelGrid } from './context.ts';
import { legend, toneColour, toneDash, tonePath } from './marks.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

/** Pixels around a point within which the pointer finds it. */
const REACH = 40;

export function drawLines(box: HTMLElement, chart: LinesChart, { width, label }: DrawContext): void {
  const entries = chart.legend.map(({ name, tone }) => ({ name, tone, mark: 'line' as const }));
  const reference =
    chart.reference === null ? [] : [{ name: chart.reference.name, tone: 'muted', mark: 'dashes' as const }];
  const panels = document.createElement('div');
  panels.className = 'panels';
  const { columns, panelWidth } = panelGrid(width, chart.panels.length, 255);
  panels.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  box.replaceChildren(legend([...entries, ...reference]), panels);

  const all = chart.panels.flatMap((panel) => panel.series);
  const ends = chart.reference === null ? [] : [chart.reference.from, chart.reference.to];
  const xs = [...all.flatMap((series) => series.x), ...ends.map(([x]) => x)];
  const ys = [...all.flatMap((series) => series.y), ...ends.map(([, y]) => y)];
  for (const panel of chart.panels) {
    const element = document.createElement('div');
    element.className = 'panel';
    if (panel.title !== '') {
      const title = document.createElement('p');
      title.className = 'panel-title';
      title.textContent = panel.title;
      element.append(title);
    }
    panels.append(element);
    const height = Math.round(Math.min(360, Math.max(210, panelWidth * 0.62)));
    const frame: Frame = { width: panelWidth, height: height + 62, left: 50, right: 16, top: 24, bottom: 44 };
    const name = panel.title === '' ? label : `${panel.title}: ${label}`;
    drawPanel(element, chart, panel.series, [xs, ys], frame, name);
  }
}

function drawPanel(
  element: HTMLElement,
  chart: LinesChart,
  series: readonly Series[],
  [xs, ys]: readonly [number[], number[]],
  frame: Frame,
  label: string,
): void {
  const svg = select(element)
    .append('svg')
    .attr('role', 'img')
    .attr('aria-label', label)
    .attr('width', frame.width)
    .attr('height', frame.height)
    .attr('viewBox', `0 0 ${frame.width} ${frame.height}`);
  const x = scaleOf(chart.x, xs, [frame.left, frame.width - frame.right]);
  const y = scaleOf(chart.y, ys, [frame.height - frame.bottom, frame.top]);
  const layer = svg.append('g');
  drawY(layer, chart.y, y, frame);
  drawX(layer, chart.x, x, frame);

  if (chart.reference !== null) {
    const { from, to } = chart.reference;
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
  const path = line<number>().curve(chart.curve === 'step' ? curveStepAfter : curveLinear);
  for (const { x: px, y: py, tone, marked } of series) {
    path.x((i) => x(px[i]!)).y((i) => y(py[i]!));
    layer
      .append('path')
      .attr('class', 'mark')
      .attr('d', path(px.keys()))
      .attr('fill', 'none')
      .attr('stroke', toneColour(tone))
      .attr('stroke-width', 2)
      .attr('stroke-linejoin', 'round')
      .attr('stroke-dasharray', toneDash(tone));
    for (const i of marked ?? markedPoints(px.length, chart.symbols)) {
      layer
        .append('path')
        .attr('class', 'mark')
        .attr('transform', `translate(${x(px[i]!)},${y(py[i]!)})`)
        .attr('d', tonePath(tone))
        .attr('fill', toneColour(tone))
        .attr('stroke', 'var(--paper)')
        .attr('stroke-width', 1);
    }
  }

  const halo = svg
    .append('circle')
    .attr('r', 8)
    .attr('fill', 'none')
    .attr('stroke', 'var(--ink)')
    .attr('stroke-width', 1.5)
    .attr('visibility', 'hidden');
  const leave = () => {
    halo.attr('visibility', 'hidden');
    hideTooltip();
  };
  svg
    .on('pointermove pointerdown', (event: PointerEvent) => {
      const [mx, my] = pointer(event);
      let nearest = REACH ** 2;
      let found: { series: Series; i: number } | undefined;
      for (const one of series) {
        for (let i = 0; i < one.x.length; i++) {
          const distance = (x(one.x[i]!) - mx) ** 2 + (y(one.y[i]!) - my) ** 2;
          if (distance < nearest) {
            nearest = distance;
            found = { series: one, i };
          }
        }
      }
      if (found === undefined) return leave();
      const { series: near, i } = found;
      halo.attr('cx', x(near.x[i]!)).attr('cy', y(near.y[i]!)).attr('visibility', 'visible');
      showTooltip(near.tips[i]!, event.clientX, event.clientY);
    })
    .on('pointerleave', leave);
}

/** Dense curves carry few symbols, from the end: enough to tell the lines apart without their colours. */
function markedPoints(count: number, all: boolean): number[] {
  const every = all ? 1 : Math.max(1, Math.ceil(count / 5));
  return Array.from({ length: count }, (_, i) => i).filter((i) => (count - 1 - i) % every === 0);
}
