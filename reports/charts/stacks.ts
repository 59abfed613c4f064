import type { StacksChart } from '../figure.ts';
import { escapeHtml } from '../markup.ts';
import { drawX, type Frame, scaleOf } from './axes.ts';
import { type DrawContext, type Drawing, panelGrid, type Tip } from './drawing.ts';
import { isStriped, legendHtml, toneColour, toneInk } from './marks.ts';
import { type Shape, svg } from './shape.ts';
import { fitted } from './text-width.ts';

const ROW = 26;
const BAR = 20;
/** Names wider than this share of a panel stand above their bars. */
const NAME_SHARE = 0.36;
/** Pixels that a part must be wide for its percentage to stand in it. */
const LABEL_WIDTH = 34;

export function drawStacks(chart: StacksChart, context: DrawContext): Drawing {
  const { columns, panelWidth } = panelGrid(context.width, chart.panels.length, 330);
  const legend = legendHtml(chart.parts.map(({ name, tone }) => ({ name, tone, mark: 'square' })));
  const tips: Tip[][] = [];
  const panels = chart.panels.map((panel) => {
    const label = panel.title === '' ? context.label : `${panel.title}: ${context.label}`;
    const drawn = drawPanel(chart, panel, { ...context, width: panelWidth, label });
    tips.push(drawn.tips);
    const heading = panel.title === '' ? '' : `<p class="panel-title">${escapeHtml(panel.title)}</p>`;
    return `<div class="panel">${heading}${drawn.image}</div>`;
  });
  return {
    html: `${legend}<div class="panels" style="grid-template-columns:repeat(${columns},minmax(0,1fr))">${panels.join('')}</div>`,
    tips,
  };
}

function drawPanel(
  chart: StacksChart,
  { rows }: StacksChart['panels'][number],
  { width, label, textWidth }: DrawContext,
): { image: Shape; tips: Tip[] } {
  const widest = Math.max(0, ...rows.map(({ name }) => textWidth(name)));
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
  const image = svg(label, width, frame.height);
  const x = scaleOf(chart.x, [], [frame.left, width - frame.right]);
  drawX(image, chart.x, x, frame, textWidth, 56);
  const parts = image.append('g').attr('stroke', 'var(--part-rule)').attr('stroke-width', 0.75);
  const labels = image.append('g').attr('text-anchor', 'middle');
  const tips = rows.map((row, i): Tip => {
    const y = step * i + (above ? 20 : 1);
    image
      .append('text')
      .attr('class', 'strong')
      .attr('x', above ? frame.left : 0)
      .attr('y', above ? y - 5 : y + BAR / 2)
      .attr('dy', above ? null : '.35em')
      .text(fitted(row.name, above ? width - frame.left : widest + 1, textWidth));
    let from = 0;
    for (const [p, share] of row.shares.entries()) {
      const [left, right] = [x(from), x(from + share)];
      from += share;
      if (share > 0) drawPart(parts, labels, chart.parts[p]!.tone, share, [left, right], y);
    }
    return { x: 0, y: step * i, size: [width, step], lines: row.tip };
  });
  return { image, tips };
}

function drawPart(
  parts: Shape,
  labels: Shape,
  tone: StacksChart['parts'][number]['tone'],
  share: number,
  [left, right]: readonly [number, number],
  y: number,
): void {
  parts
    .append('rect')
    .attr('class', 'mark')
    .attr('x', left)
    .attr('y', y)
    .attr('width', Math.max(0.5, right - left))
    .attr('height', BAR)
    .attr('fill', toneColour(tone));
  if (isStriped(tone)) drawStripes(parts, left, right, y);
  // On stripes no text would be readable.
  if (right - left < LABEL_WIDTH || isStriped(tone)) return;
  labels
    .append('text')
    .attr('x', (left + right) / 2)
    .attr('y', y + BAR / 2)
    .attr('dy', '.35em')
    .attr('style', `fill:${toneInk(tone)}`)
    .text(`${Math.round(share * 100)} %`);
}

/** Slanted lines over a part, so that it is no other part of its colour. */
function drawStripes(image: Shape, left: number, right: number, y: number): void {
  let path = '';
  for (let x = left + 4 - BAR; x < right; x += 7) {
    // From the lower edge to the upper one, as far as it is within the part.
    const [from, to] = [Math.max(x, left), Math.min(x + BAR, right)];
    if (to > from) {
      path += `M${from.toFixed(1)},${(y + BAR - (from - x)).toFixed(1)}L${to.toFixed(1)},${(y + BAR - (to - x)).toFixed(1)}`;
    }
  }
  image.append('path').attr('d', path).attr('stroke', 'var(--paper)').attr('stroke-width', 1.5);
}
