import { type Selection, select } from 'd3';
import type { BarsChart } from '../figure.ts';
import { drawX, type Frame, type Scale, scaleOf, ticksOf } from './axes.ts';
import type { DrawContext } from './context.ts';
import { fitText } from './fit-text.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

type Bar = BarsChart['bars'][number];
type Group = Selection<SVGGElement, unknown, null, undefined>;

/** Where things are in the row of a bar, in pixels. */
interface Layout {
  readonly row: number;
  readonly bar: number;
  /** Of the bar's upper edge. */
  readonly barAt: number;
  /** Of the name's base line. */
  readonly nameAt: number;
}

/** Names above their bars, so that long ones have the whole width. */
const ROOMY: Layout = { row: 50, bar: 20, barAt: 24, nameAt: 17 };
/** The same where bars are many. */
const CLOSE: Layout = { row: 38, bar: 13, barAt: 21, nameAt: 16 };
/** Names beside their bars, where bars are many and the page is wide. */
const BESIDE: Layout = { row: 25, bar: 15, barAt: 5, nameAt: 17 };

const MANY = 8;
const WIDE = 640;
/** Of the width, for names beside bars. */
const NAME_SHARE = 0.34;
const GAP = 8;

/** Horizontal bars, some with the range of values that they stand for. */
export function drawBars(box: HTMLElement, chart: BarsChart, { width, label }: DrawContext): void {
  const svg = select(box)
    .html('')
    .append('svg')
    .attr('role', 'img')
    .attr('aria-label', label)
    .attr('width', width);
  const many = chart.bars.length > MANY;
  const layout = !many ? ROOMY : width >= WIDE ? BESIDE : CLOSE;
  const widest = (texts: readonly string[]): number => {
    const lengths = texts.map((text) => {
      const probe = svg.append('text').attr('font-weight', 700).text(text);
      const length = probe.node()!.getComputedTextLength();
      probe.remove();
      return length;
    });
    return Math.max(0, ...lengths);
  };
  const names = Math.min(widest(chart.bars.map(({ name }) => name)), width * NAME_SHARE);
  const top = chart.bound === null ? 4 : 18 * chart.bound.lines.length + 8;
  const frame: Frame = {
    width,
    height: top + layout.row * chart.bars.length + 56,
    left: layout === BESIDE ? Math.ceil(names) + GAP : 2,
    right: Math.max(
      76,
      Math.min(width / 3, Math.ceil(widest(chart.bars.map(({ shown }) => shown))) + 2 * GAP),
    ),
    top,
    bottom: 48,
  };
  svg.attr('height', frame.height).attr('viewBox', `0 0 ${width} ${frame.height}`);
  const values = chart.bars
    .flatMap(({ value, range = [] }) => [value, ...range])
    .map((value) => Math.min(value, chart.longest ?? value));
  const x = scaleOf(chart.x, chart.bound === null ? values : [...values, chart.bound.value], [
    frame.left,
    width - frame.right,
  ]);
  x.clamp(true);
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
  if (chart.bound !== null) drawBound(layer, chart.bound, x, frame);
  for (const [i, bar] of chart.bars.entries()) {
    const row = svg.append('g');
    drawBar(row, bar, x, frame, layout, top + layout.row * i);
    row
      .on('pointermove pointerdown', (event: PointerEvent) =>
        showTooltip(bar.tip, event.clientX, event.clientY),
      )
      .on('pointerleave', hideTooltip);
  }
}

function drawBound(
  layer: Group,
  { value, lines }: NonNullable<BarsChart['bound']>,
  x: Scale,
  frame: Frame,
): void {
  const at = x(value);
  layer
    .append('line')
    .attr('x1', at)
    .attr('x2', at)
    .attr('y1', frame.top - 4)
    .attr('y2', frame.height - frame.bottom)
    .attr('stroke', 'var(--bound)')
    .attr('stroke-width', 1.5)
    .attr('stroke-dasharray', '5 3');
  lines.forEach((line, i) => {
    const text = layer
      .append('text')
      .attr('class', 'bound-label')
      .attr('y', 14 + 18 * i)
      .text(line);
    const length = text.node()!.getComputedTextLength();
    text.attr('x', Math.max(0, Math.min(at - 4, frame.width - length)));
  });
}

function drawBar(row: Group, bar: Bar, x: Scale, frame: Frame, layout: Layout, y: number): void {
  const weight = bar.best ? 700 : 400;
  const beside = layout === BESIDE;
  const name = row
    .append('text')
    .attr('class', 'strong')
    .attr('x', beside ? frame.left - GAP : frame.left)
    .attr('text-anchor', beside ? 'end' : 'start')
    .attr('y', y + layout.nameAt)
    .attr('font-weight', weight)
    // A halo keeps names readable where the bound's line passes behind them.
    .attr('stroke', 'var(--paper)')
    .attr('stroke-width', 4)
    .attr('paint-order', 'stroke')
    .text(bar.name);
  fitText(name.node()!, beside ? frame.left - GAP : frame.width - frame.left);
  const colour = bar.best ? 'var(--tone-0)' : 'var(--tone-5)';
  row
    .append('rect')
    .attr('class', 'mark')
    .attr('x', frame.left)
    .attr('y', y + layout.barAt)
    .attr('width', Math.max(1, x(bar.value) - frame.left))
    .attr('height', layout.bar)
    .attr('rx', 2)
    .attr('fill', bar.hollow === true ? 'var(--paper)' : colour)
    .attr('fill-opacity', bar.best || bar.hollow === true ? 1 : 0.55)
    .attr('stroke', bar.hollow === true ? colour : null)
    .attr('stroke-dasharray', bar.hollow === true ? '3 2' : null);
  const cut = bar.value > x.domain()[1]!;
  if (cut) drawGap(row, x(bar.value), y + layout.barAt, layout.bar);
  const middle = y + layout.barAt + layout.bar / 2;
  const [least, most] = bar.range ?? [bar.value, bar.value];
  if (bar.range !== undefined && !cut) drawRange(row, [x(least), x(most)], middle, layout.bar / 3);
  row
    .append('text')
    .attr('class', 'strong')
    .attr('x', x(Math.max(bar.value, most)) + GAP)
    .attr('y', middle)
    .attr('dy', '.35em')
    .attr('font-weight', weight)
    .attr('stroke', 'var(--paper)')
    .attr('stroke-width', 3)
    .attr('paint-order', 'stroke')
    .text(bar.shown);
}

/** A slanted gap before the end of a bar that is longer than its axis. */
function drawGap(row: Group, end: number, y: number, height: number): void {
  row
    .append('path')
    .attr('d', `M${end - 18},${y + height + 1}l6,${-height - 2}h5l-6,${height + 2}z`)
    .attr('fill', 'var(--paper)');
}

/** A line with a cap at either end, on a halo that parts it from the bar beneath. */
function drawRange(row: Group, [from, to]: readonly [number, number], y: number, cap: number): void {
  const path = `M${from},${y - cap}V${y + cap}M${from},${y}H${to}M${to},${y - cap}V${y + cap}`;
  for (const [stroke, width] of [
    ['var(--paper)', 4],
    ['var(--ink)', 1.5],
  ] as const) {
    row
      .append('path')
      .attr('d', path)
      .attr('fill', 'none')
      .attr('stroke', stroke)
      .attr('stroke-width', width);
  }
}
