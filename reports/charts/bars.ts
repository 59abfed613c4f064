import type { BarsChart } from '../figure.ts';
import { drawX, type Frame, type Scale, scaleOf, ticksOf } from './axes.ts';
import type { DrawContext, Drawing, TextWidth, Tip } from './drawing.ts';
import { legendHtml } from './marks.ts';
import { type Shape, svg } from './shape.ts';
import { fitted } from './text-width.ts';

type Bar = BarsChart['bars'][number];

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
const LINE = 18;

/** Horizontal bars, some with the range of values that they stand for, and lines across them to hold them against. */
export function drawBars(chart: BarsChart, { width, label, textWidth }: DrawContext): Drawing {
  const { bars, longest } = chart;
  const layout = bars.length <= MANY ? ROOMY : width >= WIDE ? BESIDE : CLOSE;
  const beside = layout === BESIDE;
  const widest = (texts: readonly string[]): number =>
    Math.max(0, ...texts.map((text) => textWidth(text, 12, true)));
  const names = Math.min(widest(bars.map(({ name }) => name)), width * NAME_SHARE);
  const references = [
    ...(chart.baseline === undefined
      ? []
      : [{ ...chart.baseline, colour: 'var(--muted)', name: 'baseline' }]),
    ...(chart.bound === null ? [] : [{ ...chart.bound, colour: 'var(--bound)', name: 'bound' }]),
  ];
  const lines = references.reduce((sum, { lines }) => sum + lines.length, 0);
  const top = lines === 0 ? 4 : LINE * lines + 8;
  const room = widest(bars.map(({ shown }) => shown)) + 2 * GAP;
  const frame: Frame = {
    width,
    height: top + layout.row * bars.length + 56,
    left: beside ? Math.ceil(names) + GAP : 2,
    right: Math.max(76, Math.min(width / 3, Math.ceil(room))),
    top,
    bottom: 48,
  };
  const image = svg(label, width, frame.height);
  const values = bars
    .flatMap(({ value, range = [], reach = value }) => [value, reach, ...range])
    .map((value) => Math.min(value, longest ?? value));
  const x = scaleOf(
    chart.x,
    [...values, ...references.map(({ value }) => value)],
    [frame.left, width - frame.right],
  );
  x.clamp(true);
  for (const tick of ticksOf(chart.x, x, 60)) {
    image
      .append('line')
      .attr('x1', x(tick))
      .attr('x2', x(tick))
      .attr('y1', top)
      .attr('y2', frame.height - frame.bottom)
      .attr('stroke', 'var(--grid)');
  }
  drawX(image, chart.x, x, frame, textWidth, 60);
  let above = 0;
  for (const { value, lines, colour, name } of references) {
    image
      .append('line')
      .attr('class', `reference ${name}`)
      .attr('x1', x(value))
      .attr('x2', x(value))
      .attr('y1', LINE * (above + lines.length))
      .attr('y2', frame.height - frame.bottom)
      .attr('stroke', colour)
      .attr('stroke-width', 1.5)
      .attr('stroke-dasharray', '5 3');
    for (const text of lines) {
      above++;
      image
        .append('text')
        .attr('class', `${name}-label`)
        .attr('x', Math.max(0, Math.min(x(value) - 4, width - textWidth(text))))
        .attr('y', LINE * above - 4)
        .text(text);
    }
  }
  const tips = bars.map((bar, i): Tip => {
    const y = top + layout.row * i;
    drawBar(image, bar, x, frame, layout, y, textWidth);
    return { x: 0, y, size: [width, layout.row], lines: bar.tip };
  });
  const reaches = bars.some(({ reach }) => reach !== undefined) && chart.reach !== undefined;
  const ranges = bars.some(({ range }) => range !== undefined) && chart.range !== undefined;
  const legend = legendHtml([
    ...(reaches ? [{ name: chart.reach!, tone: 'muted', mark: 'hollow' as const }] : []),
    ...(ranges ? [{ name: chart.range!, tone: 'ink', mark: 'interval' as const }] : []),
  ]);
  return { html: `${legend}${image}`, tips: [tips] };
}

function drawBar(
  image: Shape,
  bar: Bar,
  x: Scale,
  frame: Frame,
  layout: Layout,
  y: number,
  textWidth: TextWidth,
): void {
  const weight = bar.best ? 700 : 400;
  const beside = layout === BESIDE;
  image
    .append('text')
    .attr('class', 'strong')
    .attr('x', beside ? frame.left - GAP : frame.left)
    .attr('text-anchor', beside ? 'end' : 'start')
    .attr('y', y + layout.nameAt)
    .attr('font-weight', weight)
    // A halo keeps names readable where lines pass behind them.
    .attr('stroke', 'var(--paper)')
    .attr('stroke-width', 4)
    .attr('paint-order', 'stroke')
    .text(fitted(bar.name, beside ? frame.left - GAP : frame.width - frame.left, textWidth, bar.best));
  const colour = bar.best ? 'var(--tone-0)' : 'var(--tone-5)';
  const middle = y + layout.barAt + layout.bar / 2;
  if (bar.reach !== undefined && x(bar.reach) > x(bar.value)) {
    image
      .append('rect')
      .attr('class', 'reach')
      .attr('x', x(bar.value))
      .attr('y', y + layout.barAt + 1)
      .attr('width', x(bar.reach) - x(bar.value))
      .attr('height', layout.bar - 2)
      .attr('fill', 'none')
      .attr('stroke', 'var(--muted)')
      .attr('stroke-dasharray', '3 2');
  }
  const hollow = bar.hollow === true;
  image
    .append('rect')
    .attr('class', 'mark')
    .attr('x', frame.left)
    .attr('y', y + layout.barAt)
    .attr('width', Math.max(1, x(bar.value) - frame.left))
    .attr('height', layout.bar)
    .attr('rx', 2)
    .attr('fill', hollow ? 'var(--paper)' : colour)
    .attr('fill-opacity', bar.best || hollow ? null : 0.55)
    .attr('stroke', hollow ? colour : null)
    .attr('stroke-dasharray', hollow ? '3 2' : null);
  const cut = bar.value > x.domain()[1]!;
  if (cut) drawGap(image, x(bar.value), y + layout.barAt, layout.bar);
  const [least, most] = bar.range ?? [bar.value, bar.value];
  if (bar.range !== undefined && !cut) drawRange(image, [x(least), x(most)], middle, layout.bar / 3);
  image
    .append('text')
    .attr('class', 'strong')
    .attr('x', x(Math.max(bar.value, most, bar.reach ?? bar.value)) + GAP)
    .attr('y', middle)
    .attr('dy', '.35em')
    .attr('font-weight', weight)
    .attr('stroke', 'var(--paper)')
    .attr('stroke-width', 3)
    .attr('paint-order', 'stroke')
    .text(bar.shown);
}

/** A slanted gap before the end of a bar that is longer than its axis. */
function drawGap(image: Shape, end: number, y: number, height: number): void {
  image
    .append('path')
    .attr('d', `M${(end - 18).toFixed(1)},${y + height + 1}l6,${-height - 2}h5l-6,${height + 2}z`)
    .attr('fill', 'var(--paper)');
}

/** A line with a cap at either end, on a halo that parts it from the bar beneath. */
function drawRange(image: Shape, [from, to]: readonly [number, number], y: number, cap: number): void {
  const [a, b, low, high] = [from, to, y - cap, y + cap].map((value) => value.toFixed(1));
  const path = `M${a},${low}V${high}M${a},${y.toFixed(1)}H${b}M${b},${low}V${high}`;
  for (const [stroke, width] of [
    ['var(--paper)', 4],
    ['var(--ink)', 1.5],
  ] as const) {
    image
      .append('path')
      .attr('d', path)
      .attr('fill', 'none')
      .attr('stroke', stroke)
      .attr('stroke-width', width);
  }
}
