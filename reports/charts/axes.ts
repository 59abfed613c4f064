import { extent, type ScaleContinuousNumeric, scaleLinear, scaleLog } from 'd3';
import type { Axis } from '../figure.ts';
import type { TextWidth } from './drawing.ts';
import type { Shape } from './shape.ts';

export type Scale = ScaleContinuousNumeric<number, number>;

export interface Frame {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The scale of an axis over all values that it must show. */
export function scaleOf(axis: Axis, values: Iterable<number>, range: [number, number]): Scale {
  const [low = 0, high = 1] = extent([...values, ...axis.include]) as [
    number | undefined,
    number | undefined,
  ];
  if (axis.scale === 'log') {
    const [from, to] = [Math.max(low, Number.MIN_VALUE), Math.max(high, Number.MIN_VALUE)];
    const margin = 1.12;
    return scaleLog()
      .domain(from === to ? [from / 2, to * 2] : [from / margin, to * margin])
      .range(range);
  }
  const scale = scaleLinear()
    .domain(low === high ? [low - 0.5, high + 0.5] : [low, high])
    .range(range);
  return axis.ticks === undefined ? scale.nice(5) : scale;
}

/** About so wide is a character of a label, and so much is left free between two labels, in pixels. */
const CHARACTER = 7;
const BETWEEN = 8;

/**
 * Ticks at least `space` pixels apart. Logarithmic axes prefer 1, 2 and 5 times powers of ten; ticks that are given may be as
 * near as half of that, or, where their labels stand side by side, as these allow.
 */
export function ticksOf(axis: Axis, scale: Scale, space: number, sideBySide = false): number[] {
  const [a, b] = scale.range() as [number, number];
  const room = Math.max(2, Math.floor(Math.abs(b - a) / space));
  if (axis.ticks !== undefined) {
    const labels = (a: number, b: number): number =>
      BETWEEN + (CHARACTER / 2) * (axis.format(a).length + axis.format(b).length);
    return thinned(axis.ticks, scale, sideBySide ? labels : () => space / 2);
  }
  if (axis.scale === 'linear') return scale.ticks(Math.min(room, 6));
  const all = scale.ticks();
  const leading = (tick: number) => Number(tick.toExponential()[0]);
  for (const digits of [[1, 2, 3, 5], [1, 2, 5], [1, 3], [1]]) {
    const some = all.filter((tick) => digits.includes(leading(tick)));
    if (some.length <= room && some.length >= 2) return some;
  }
  return thinned(all, scale, () => space);
}

/** Keeps the last tick and each further one that leaves so many pixels to the one kept before. */
function thinned(
  ticks: readonly number[],
  scale: Scale,
  space: (tick: number, kept: number) => number,
): number[] {
  const kept: number[] = [];
  for (const tick of ticks.toReversed()) {
    const last = kept.at(-1);
    if (last === undefined || Math.abs(scale(tick) - scale(last)) >= space(tick, last)) kept.push(tick);
  }
  return kept.reverse();
}

/** Grid lines, tick labels and the axis' name, which stands level above the axis, where it is read first. */
export function drawY(layer: Shape, axis: Axis, scale: Scale, frame: Frame): void {
  for (const tick of ticksOf(axis, scale, 34)) {
    const y = Math.round(scale(tick)) + 0.5;
    layer
      .append('line')
      .attr('x1', frame.left)
      .attr('x2', frame.width - frame.right)
      .attr('y1', y)
      .attr('y2', y)
      .attr('stroke', 'var(--grid)');
    layer
      .append('text')
      .attr('x', frame.left - 8)
      .attr('y', y)
      .attr('dy', '.32em')
      .attr('text-anchor', 'end')
      .text(axis.format(tick));
  }
  layer.append('text').attr('class', 'axis-label').attr('x', 0).attr('y', 11).text(`↑ ${axis.label}`);
}

export function drawX(
  layer: Shape,
  axis: Axis,
  scale: Scale,
  frame: Frame,
  textWidth: TextWidth,
  space = 52,
): void {
  const base = frame.height - frame.bottom;
  layer
    .append('line')
    .attr('x1', frame.left)
    .attr('x2', frame.width - frame.right)
    .attr('y1', base + 0.5)
    .attr('y2', base + 0.5)
    .attr('stroke', 'var(--part-rule)');
  for (const tick of ticksOf(axis, scale, space, true)) {
    const x = Math.round(scale(tick)) + 0.5;
    layer
      .append('line')
      .attr('x1', x)
      .attr('x2', x)
      .attr('y1', base)
      .attr('y2', base + 5)
      .attr('stroke', 'var(--part-rule)');
    const text = axis.format(tick);
    const half = textWidth(text) / 2;
    layer
      .append('text')
      .attr('x', Math.max(half, Math.min(x, frame.width - half)))
      .attr('y', base + 18)
      .attr('text-anchor', 'middle')
      .text(text);
  }
  const label = `${axis.label} →`;
  layer
    .append('text')
    .attr('class', 'axis-label')
    // Long names reach into the margin on the right rather than beyond the left edge.
    .attr('x', Math.max(frame.width - frame.right, Math.min(frame.width, textWidth(label))))
    .attr('y', base + 36)
    .attr('text-anchor', 'end')
    .text(label);
}
