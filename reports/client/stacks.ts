import { type Selection, select } from 'd3';
import type { StacksChart } from '../figure.ts';
import { drawX, type Frame, scaleOf } from './axes.ts';
import { type DrawContext, panelGrid } from './context.ts';
import { fitText } from './fit-text.ts';
import { isStriped, legend, toneColour, toneInk } from './marks.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

const ROW = 26;
const BAR = 20;
/** Names wider than this share of a panel stand above their bars. */
const NAME_SHARE = 0.36;
/** Pixels that a part must be wide for its percentage to stand in it. */
const LABEL_WIDTH = 30;

export function drawStacks(box: HTMLElement, chart: StacksChart, { width, label }: DrawContext): void {
  const panels = document.createElement('div');
  panels.className = 'panels';
  const { columns, panelWidth } = panelGrid(width, chart.panels.length, 330);
  panels.style.gridTemplateColumns = `repeat(${columns}, minmax(0, 1fr))`;
  box.replaceChildren(
    legend(chart.parts.map(({ name, tone }) => ({ name, tone, mark: 'square' as const }))),
    panels,
  );
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
    drawPanel(element, chart, panel, panelWidth, panel.title === '' ? label : `${panel.title}: ${label}`);
  }
}

function drawPanel(
  element: HTMLElement,
  chart: StacksChart,
  { rows }: StacksChart['panels'][number],
  width: number,
  label: string,
): void {
  const svg = select(element)
    .append('svg')
    .attr('role', 'img')
    .attr('aria-label', label)
    .attr('width', width);
  const names = rows.map((row) => svg.append('text').attr('class', 'strong').text(row.name));
  const widest = Math.max(0, ...names.map((name) => name.node()!.getComputedTextLength()));
  const above = widest > width * NAME_SHARE;
  const step = above ? ROW + 20 : ROW;
  const frame: Frame = {
    width,
    height: step * rows.length + 48,
    left: above ? 2 : Math.ceil(widest) + 10,
    right: 20,
    top: 0,
    bottom: 44,
  };
  svg.attr('height', frame.height).attr('viewBox', `0 0 ${width} ${frame.height}`);
  const x = scaleOf(chart.x, [], [frame.left, width - frame.right]);
  drawX(svg.append('g'), chart.x, x, frame, 56);
  rows.forEach((row, i) => {
    const y = step * i + (above ? 20 : 1);
    const name = names[i]!;
    if (above) name.attr('x', frame.left).attr('y', y - 5);
    else
      name
        .attr('x', 0)
        .attr('y', y + BAR / 2)
        .attr('dy', '.35em');
    fitText(name.node()!, above ? width - frame.left : widest + 1);
    const bar = svg.append('g');
    let from = 0;
    row.shares.forEach((share, p) => {
      const { tone } = chart.parts[p]!;
      const [left, right] = [x(from), x(from + share)];
      from += share;
      if (share <= 0) return;
      bar
        .append('rect')
        .attr('class', 'mark')
        .attr('x', left)
        .attr('y', y)
        .attr('width', Math.max(0.5, right - left))
        .attr('height', BAR)
        .attr('fill', toneColour(tone))
        .attr('stroke', 'var(--part-rule)')
        .attr('stroke-width', 0.75);
      if (isStriped(tone)) drawStripes(bar, left, right, y);
      // On stripes no text would be readable.
      if (right - left < LABEL_WIDTH || isStriped(tone)) return;
      bar
        .append('text')
        .attr('x', (left + right) / 2)
        .attr('y', y + BAR / 2)
        .attr('dy', '.35em')
        .attr('text-anchor', 'middle')
        .style('fill', toneInk(tone))
        .style('font-size', '11px')
        .text(`${Math.round(share * 100)} %`);
    });
    bar
      .on('pointermove pointerdown', (event: PointerEvent) =>
        showTooltip(row.tip, event.clientX, event.clientY),
      )
      .on('pointerleave', hideTooltip);
  });
}

/** Slanted lines over a part, so that it is no other part of its colour. */
function drawStripes(
  bar: Selection<SVGGElement, unknown, null, undefined>,
  left: number,
  right: number,
  y: number,
): void {
  let path = '';
  for (let x = left + 4 - BAR; x < right; x += 7) {
    // From the lower edge to the upper one, as far as it is within the part.
    const [from, to] = [Math.max(x, left), Math.min(x + BAR, right)];
    if (to > from) path += `M${from},${y + BAR - (from - x)}L${to},${y + BAR - (to - x)}`;
  }
  bar.append('path').attr('d', path).attr('stroke', 'var(--paper)').attr('stroke-width', 1.5);
}
