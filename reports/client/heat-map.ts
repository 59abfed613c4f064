import { pointer, scaleLinear, select } from 'd3';
import { formatPercent, formatSeconds } from '../../base/units.ts';
import type { HeatChart } from '../figure.ts';
import { HEAT_LEVELS } from '../heat-style.ts';
import { timeUnit } from '../time-unit.ts';
import { drawX, type Frame } from './axes.ts';
import type { DrawContext } from './context.ts';
import { fitText } from './fit-text.ts';
import { heatPaths } from './heat-cells.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

const ROW = 17;
const TOP = 4;
const KEYS =
  'Keys: arrows walk from cell to cell, Home and End along a row, Page up and down to the peak of a row.';

interface Cell {
  readonly row: number;
  readonly column: number;
}

/** Rows of cells over time, with a scale, tooltips, and a cell that the arrow keys move. */
export function drawHeatMap(box: HTMLElement, chart: HeatChart, { width, label }: DrawContext): void {
  const { rows, seconds } = chart;
  const columns = rows[0]?.shares.length ?? 0;
  const unit = timeUnit(seconds);
  const longest = Math.max(...rows.map(({ name }) => name.length));
  const frame: Frame = {
    width,
    height: TOP + rows.length * ROW + 44,
    left: Math.round(Math.min(width * 0.38, 12 + longest * 6.6, 230)),
    right: 8,
    top: TOP,
    bottom: 44,
  };
  const inner = width - frame.left - frame.right;

  const hint = document.createElement('p');
  hint.id = `${box.dataset.chart}-keys`;
  hint.className = 'note keys';
  hint.textContent = KEYS;
  const view = document.createElement('div');
  view.className = 'cells';
  view.tabIndex = 0;
  view.setAttribute('role', 'application');
  view.setAttribute('aria-roledescription', 'heat map');
  view.setAttribute('aria-label', label);
  view.setAttribute('aria-describedby', hint.id);
  const selection = document.createElement('p');
  selection.className = 'selection';
  selection.setAttribute('aria-live', 'polite');
  box.replaceChildren(scaleLegend(chart.measure), view, selection, hint);

  const svg = select(view)
    .append('svg')
    .attr('role', 'img')
    .attr('aria-label', label)
    .attr('width', width)
    .attr('height', frame.height)
    .attr('viewBox', `0 0 ${width} ${frame.height}`);
  const layer = svg.append('g');
  const cells = svg.append('g').attr('transform', `translate(0,${TOP})`);
  for (const [level, path] of heatPaths(rows, frame.left, inner, ROW).entries()) {
    if (path === '') continue;
    cells.append('path').attr('class', 'mark').attr('d', path).attr('fill', `var(--heat-${level})`);
  }
  for (const [row, { name }] of rows.entries()) {
    const text = layer
      .append('text')
      .attr('x', frame.left - 8)
      .attr('y', TOP + row * ROW + ROW / 2)
      .attr('dy', '.32em')
      .attr('text-anchor', 'end')
      .text(name);
    fitText(text.node()!, frame.left - 10);
  }
  const scale = scaleLinear()
    .domain([0, seconds * unit.perSecond])
    .range([frame.left, width - frame.right]);
  drawX(
    layer,
    { label: `Time in the step (${unit.name})`, scale: 'linear', include: [], format: scale.tickFormat(6) },
    scale,
    frame,
  );
  const cursor = cells
    .append('rect')
    .attr('fill', 'none')
    .attr('stroke', 'var(--ink)')
    .attr('stroke-width', 2)
    .attr('visibility', 'hidden');

  const describe = ({ row, column }: Cell): string[] => [
    rows[row]!.name,
    `${formatSeconds((seconds * column) / columns)} to ${formatSeconds((seconds * (column + 1)) / columns)}`,
    `${chart.measure.replace(/ \(.*/, '')} ${formatPercent(rows[row]!.shares[column]!)}`,
  ];
  let at: Cell | undefined;
  function choose(row: number, column: number): void {
    at = {
      row: Math.max(0, Math.min(row, rows.length - 1)),
      column: Math.max(0, Math.min(column, columns - 1)),
    };
    cursor
      .attr('x', frame.left + (inner * at.column) / columns - 1)
      .attr('y', at.row * ROW - 1)
      .attr('width', Math.max(3, inner / columns + 2))
      .attr('height', ROW + 1)
      .attr('visibility', 'visible');
    selection.textContent = describe(at).join(' · ');
  }
  const peakOf = (row: number): number => {
    const { shares } = rows[Math.max(0, Math.min(row, rows.length - 1))]!;
    return shares.indexOf(Math.max(...shares));
  };
  view.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { row, column } = at ?? { row: 0, column: -1 };
    const moves: { readonly [key: string]: () => void } = {
      ArrowRight: () => choose(row, column + 1),
      ArrowLeft: () => choose(row, column - 1),
      ArrowDown: () => choose(row + 1, column),
      ArrowUp: () => choose(row - 1, column),
      Home: () => choose(row, 0),
      End: () => choose(row, columns - 1),
      PageDown: () => choose(at === undefined ? 0 : row + 1, peakOf(at === undefined ? 0 : row + 1)),
      PageUp: () => choose(row - 1, peakOf(row - 1)),
      Escape: () => {
        at = undefined;
        cursor.attr('visibility', 'hidden');
        selection.textContent = '';
      },
    };
    const move = moves[event.key];
    if (move === undefined) return;
    event.preventDefault();
    move();
  });
  svg
    .on('pointermove pointerdown', (event: PointerEvent) => {
      const [x, y] = pointer(event);
      const row = Math.floor((y - TOP) / ROW);
      const column = Math.floor(((x - frame.left) / inner) * columns);
      if (row < 0 || row >= rows.length || column < 0 || column >= columns) return hideTooltip();
      if (event.type === 'pointerdown') choose(row, column);
      showTooltip(describe({ row, column }), event.clientX, event.clientY);
    })
    .on('pointerleave', hideTooltip);
}

/** The colours, with what they mean. */
function scaleLegend(measure: string): HTMLElement {
  const legend = document.createElement('ul');
  legend.className = 'legend';
  const item = document.createElement('li');
  const size = 16;
  const levels = Array.from(
    { length: HEAT_LEVELS + 1 },
    (_, level) =>
      `<rect x="${level * size + 0.5}" y=".5" width="${size}" height="13" fill="var(--heat-${level})" stroke="var(--part-rule)" stroke-width=".5"/>`,
  );
  const width = (HEAT_LEVELS + 1) * size + 1;
  item.innerHTML = `<span>0</span><svg width="${width}" height="14" aria-hidden="true">${levels.join('')}</svg><span>100 %</span>`;
  const label = document.createElement('span');
  label.textContent = measure;
  item.prepend(label);
  legend.append(item);
  return legend;
}
