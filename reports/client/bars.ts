import { select } from 'd3';
import type { BarsChart } from '../figure.ts';
import { drawX, type Frame, scaleOf, ticksOf } from './axes.ts';
import type { DrawContext } from './context.ts';
import { fitText } from './fit-text.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

const ROW = 50;
const BAR = 20;

/** Horizontal bars; names stand above their bars, so that long ones have the whole width. */
export function drawBars(box: HTMLElement, chart: BarsChart, { width, label }: DrawContext): void {
  const top = chart.bound === null ? 4 : 18 * chart.bound.lines.length + 8;
  const frame: Frame = {
    width,
    height: top + ROW * chart.bars.length + 56,
    left: 2,
    right: 76,
    top,
    bottom: 48,
  };
  const svg = select(box)
    .html('')
    .append('svg')
    .attr('role', 'img')
    .attr('aria-label', label)
    .attr('width', width)
    .attr('height', frame.height)
    .attr('viewBox', `0 0 ${width} ${frame.height}`);
  const values = chart.bars.map((bar) => bar.value);
  const x = scaleOf(chart.x, chart.bound === null ? values : [...values, chart.bound.value], [
    frame.left,
    width - frame.right,
  ]);
  const layer = svg.append('g');
  for (const tick of ticksOf(chart.x, x, 60)) {
    layer
      .append('line')
      .attr('x1', x(tick))
      .attr('x2', x(tick))
      .attr('y1', top)
      .attr('y2', frame.height - frame.bottom)
      .attr('stroke', 'var(--grid)');
  }
  drawX(layer, chart.x, x, frame, 60);
  if (chart.bound !== null) {
    const at = x(chart.bound.value);
    layer
      .append('line')
      .attr('x1', at)
      .attr('x2', at)
      .attr('y1', top - 4)
      .attr('y2', frame.height - frame.bottom)
      .attr('stroke', 'var(--bound)')
      .attr('stroke-width', 1.5)
      .attr('stroke-dasharray', '5 3');
    chart.bound.lines.forEach((line, i) => {
      const text = layer
        .append('text')
        .attr('class', 'bound-label')
        .attr('y', 14 + 18 * i)
        .text(line);
      const length = text.node()!.getComputedTextLength();
      text.attr('x', Math.max(0, Math.min(at - 4, width - length)));
    });
  }
  chart.bars.forEach((bar, i) => {
    const y = top + ROW * i;
    const row = svg.append('g');
    const name = row
      .append('text')
      .attr('class', 'strong')
      .attr('x', frame.left)
      .attr('y', y + 17)
      .attr('font-weight', bar.best ? 700 : 400)
      // A halo keeps names readable where the bound's line passes behind them.
      .attr('stroke', 'var(--paper)')
      .attr('stroke-width', 4)
      .attr('paint-order', 'stroke')
      .text(bar.name);
    fitText(name.node()!, width - frame.left);
    row
      .append('rect')
      .attr('class', 'mark')
      .attr('x', frame.left)
      .attr('y', y + 24)
      .attr('width', Math.max(1, x(bar.value) - frame.left))
      .attr('height', BAR)
      .attr('rx', 2)
      .attr('fill', bar.best ? 'var(--tone-0)' : 'var(--tone-5)')
      .attr('fill-opacity', bar.best ? 1 : 0.55);
    row
      .append('text')
      .attr('class', 'strong')
      .attr('x', x(bar.value) + 8)
      .attr('y', y + 24 + BAR / 2)
      .attr('dy', '.35em')
      .attr('font-weight', bar.best ? 700 : 400)
      .text(bar.shown);
    row
      .on('pointermove pointerdown', (event: PointerEvent) =>
        showTooltip(bar.tip, event.clientX, event.clientY),
      )
      .on('pointerleave', hideTooltip);
  });
}
