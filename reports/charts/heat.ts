import { scaleLinear } from 'd3';
import type { HeatChart } from '../figure.ts';
import { HEAT_LEVELS } from '../heat-style.ts';
import { escapeHtml } from '../markup.ts';
import { clip } from '../names.ts';
import { timeUnit } from '../time-unit.ts';
import { drawX, type Frame } from './axes.ts';
import type { DrawContext, Drawing } from './drawing.ts';
import { heatPaths } from './heat-cells.ts';
import { svg } from './shape.ts';

export const HEAT_ROW = 17;

/** Where the cells of a heat map are. */
export function heatFrame({ rows }: HeatChart, { width, textWidth }: DrawContext): Frame {
  const longest = Math.max(0, ...rows.map(({ name }) => textWidth(name)));
  return {
    width,
    height: 4 + rows.length * HEAT_ROW + 44,
    left: Math.round(Math.min(width * 0.46, longest + 12, 260)),
    right: 8,
    top: 4,
    bottom: 44,
  };
}

/** Rows of cells over time, and the scale of their colours. What each cell says is told by the page. */
export function drawHeat(chart: HeatChart, context: DrawContext): Drawing {
  const { rows, seconds, measure } = chart;
  const { label, textWidth } = context;
  const frame = heatFrame(chart, context);
  const { width, left, right, top } = frame;
  const image = svg(label, width, frame.height);
  for (const [row, { name }] of rows.entries()) {
    image
      .append('text')
      .attr('x', left - 8)
      .attr('y', top + row * HEAT_ROW + HEAT_ROW / 2)
      .attr('dy', '.32em')
      .attr('text-anchor', 'end')
      .text(shortened(name, (text) => textWidth(text) <= left - 10));
  }
  const cells = image.append('g').attr('transform', `translate(0,${top})`);
  for (const [level, path] of heatPaths(rows, left, width - left - right, HEAT_ROW).entries()) {
    if (path !== '')
      cells.append('path').attr('class', 'mark').attr('d', path).attr('fill', `var(--heat-${level})`);
  }
  const unit = timeUnit(seconds);
  const scale = scaleLinear()
    .domain([0, seconds * unit.perSecond])
    .range([left, width - right]);
  const axis = {
    label: `Time in the step (${unit.name})`,
    scale: 'linear',
    include: [],
    format: scale.tickFormat(6),
  } as const;
  drawX(image, axis, scale, frame, textWidth);
  return { html: `${scaleLegend(measure)}${image}`, tips: [[]] };
}

/** Links are told apart by both ends of their names: the middle gives way. */
function shortened(name: string, fits: (text: string) => boolean): string {
  let length = name.length;
  let text = name;
  while (length > 3 && !fits(text)) text = clip(name, --length);
  return text;
}

/** The colours, with what they mean. */
function scaleLegend(measure: string): string {
  const size = 14;
  const levels = Array.from(
    { length: HEAT_LEVELS + 1 },
    (_, level) =>
      `<rect x="${level * size + 0.5}" y=".5" width="${size}" height="13" fill="var(--heat-${level})" stroke="var(--part-rule)" stroke-width=".5"/>`,
  );
  const image = `<svg width="${(HEAT_LEVELS + 1) * size + 1}" height="14" aria-hidden="true">${levels.join('')}</svg>`;
  return `<ul class="legend"><li><span>${escapeHtml(measure)}</span><span class="scale">0${image}100 %</span></li></ul>`;
}
