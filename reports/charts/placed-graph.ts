import { curveBasis, line } from 'd3';
import { formatInteger } from '../../base/format.ts';
import { formatBytes, formatFlops } from '../../base/units.ts';
import type { PlacedGraphChart } from '../figure.ts';
import { shortName, visible } from '../names.ts';
import { deviceShares, drawnDevices } from '../sections/drawn-devices.ts';
import type { DrawContext, Drawing } from './drawing.ts';
import { auxiliaryScopes, type Box, layOut, type Way } from './graph-layout.ts';
import { legendHtml, toneColour } from './marks.ts';
import { Shape } from './shape.ts';
import { fitted } from './text-width.ts';

const PADDING = 10;
const BAR = 6;
const MOST_STROKE = 5;
const ARROW = 5;

/**
 * A placed graph as boxes and arrows, the same wherever it is drawn: a bar in each box shows which devices its nodes are on, by
 * colour and by letter; what crosses devices is dashed.
 */
export function drawPlacedGraph({ graph }: PlacedGraphChart, { label, textWidth }: DrawContext): Drawing {
  const { scopes, edges } = graph;
  const { width, height, boxes, ways } = layOut(graph);
  const devices = drawnDevices(graph);
  const auxiliary = auxiliaryScopes(graph);
  const image = new Shape('svg')
    .attr('role', 'group')
    .attr('aria-label', label)
    .attr('width', width)
    .attr('height', height)
    .attr('viewBox', `0 0 ${width} ${height}`);
  const mostBytes = Math.max(1, ...edges.map(({ bytes }) => bytes));
  const name = (scope: number): string => visible(shortName(scopes[scope]!.name, 80));
  for (const [e, way] of ways.entries()) {
    if (way === undefined) continue;
    const { from, to, bytes, crossingBytes } = edges[e]!;
    const thickness = 1 + (MOST_STROKE - 1) * Math.sqrt(bytes / mostBytes);
    const crosses = crossingBytes > 0;
    const arrow = image
      .append('g')
      .attr('class', crosses ? 'edge crossing' : 'edge')
      .attr('data-from', from)
      .attr('data-to', to);
    const crossing = crosses ? `, ${formatBytes(crossingBytes)} of it to another device` : '';
    arrow.append('title').text(`${name(from)} → ${name(to)}: ${formatBytes(bytes)}${crossing}`);
    const colour = crosses ? 'var(--bound)' : 'var(--muted)';
    arrow
      .append('path')
      .attr('d', curve(way))
      .attr('fill', 'none')
      .attr('stroke', colour)
      .attr('stroke-width', thickness)
      .attr('stroke-opacity', crosses ? 0.8 : 0.5)
      .attr('stroke-dasharray', crosses ? '6 3' : null);
    arrow.append('path').attr('d', head(way, thickness)).attr('fill', colour).attr('fill-opacity', 0.8);
  }
  for (const [i, scope] of scopes.entries()) {
    const box = boxes[i]!;
    const shares = deviceShares(scope, devices);
    const group = image
      .append('g')
      .attr('class', 'scope')
      .attr('data-scope', i)
      .attr('data-works', scope.flops > 0 ? '' : null)
      .attr('role', 'img')
      .attr('aria-label', `${name(i)}: ${countWords(scope)}; ${shares.words}`);
    group.append('title').text(`${name(i)}\n${countWords(scope)}\n${shares.words}`);
    drawBox(group, box);
    const letters = shares.letters.join('+');
    const lettersWidth = textWidth(letters, 12, true);
    const inside = box.width - 2 * PADDING;
    group
      .append('text')
      .attr('class', 'strong')
      .attr('x', box.x + PADDING)
      .attr('y', box.y + 16)
      .text(fitted(shownName(scope.name), inside - lettersWidth - 6, textWidth, true));
    group
      .append('text')
      .attr('class', 'strong')
      .attr('x', box.x + box.width - PADDING)
      .attr('y', box.y + 16)
      .attr('text-anchor', 'end')
      .text(letters);
    if (box.height >= LINE_FROM)
      group
        .append('text')
        .attr('x', box.x + PADDING)
        .attr('y', box.y + 31)
        .text(fitted(auxiliary.has(i) ? 'signals to many others' : countWords(scope), inside, textWidth));
    drawBar(group, box, shares.parts);
  }
  const legend = legendHtml([
    ...devices.map(({ letter, name, tone }) => ({
      name: `${letter}: ${name}`,
      tone,
      mark: 'square' as const,
    })),
    { name: 'tensors that cross devices', tone: 'bound', mark: 'dashes' as const },
  ]);
  return {
    html: `${legend}<div class="graph-box" tabindex="0" role="group" aria-label="Graph, scrolls">${image}</div>`,
    tips: [],
  };
}

/** Boxes that are lower have no second line. */
const LINE_FROM = 46;

const countWords = ({ nodes, flops }: { nodes: number; flops: number }): string =>
  `${formatInteger(nodes)} ${nodes === 1 ? 'node' : 'nodes'}${flops === 0 ? '' : `, ${formatFlops(flops)}`}`;

/** Gradients by the sign that they have in formulas: the names beside them are the same. */
const shownName = (name: string): string => visible(name).replace(/^gradients\//, '∇ ');

function drawBox(group: Shape, { x, y, width, height }: Box): void {
  group
    .append('rect')
    .attr('class', 'box')
    .attr('x', x + 0.5)
    .attr('y', y + 0.5)
    .attr('width', width - 1)
    .attr('height', height - 1)
    .attr('rx', 4)
    .attr('fill', 'var(--paper)')
    .attr('stroke', 'var(--part-rule)');
}

/** Shares of devices along the lower rim. */
function drawBar(
  group: Shape,
  { x, y, width, height }: Box,
  parts: readonly { readonly share: number; readonly tone: number | string }[],
): void {
  let left = x + 1;
  for (const { share, tone } of parts) {
    const long = (width - 2) * share;
    const top = y + height - BAR - 1;
    group
      .append('rect')
      .attr('x', left)
      .attr('y', top)
      .attr('width', long)
      .attr('height', BAR)
      .attr('fill', toneColour(tone));
    // Beyond the palette its colours come again, striped.
    if (typeof tone === 'number' && tone >= PALETTE)
      group
        .append('path')
        .attr('d', `M${left.toFixed(1)},${top + BAR / 2}h${long.toFixed(1)}`)
        .attr('stroke', 'var(--paper)')
        .attr('stroke-width', BAR)
        .attr('stroke-dasharray', tone < 2 * PALETTE ? '2 4' : '6 3');
    left += long;
  }
}

const PALETTE = 6;

const curve = (way: Way): string =>
  line<readonly [number, number]>()
    .x(([x]) => x)
    .y(([, y]) => y)
    .curve(curveBasis)
    .digits(1)(way)!;

/** A triangle at the end of a way. */
function head(way: Way, thickness: number): string {
  const [bx, by] = way[way.length - 2]!;
  const [x, y] = way[way.length - 1]!;
  const length = Math.hypot(x - bx, y - by) || 1;
  const [ux, uy] = [(x - bx) / length, (y - by) / length];
  const size = ARROW + thickness / 2;
  const [cx, cy] = [x - ux * size, y - uy * size];
  const half = size * 0.6;
  const point = (px: number, py: number): string => `${px.toFixed(1)},${py.toFixed(1)}`;
  return `M${point(x, y)}L${point(cx - uy * half, cy + ux * half)}L${point(cx + uy * half, cy - ux * half)}Z`;
}
