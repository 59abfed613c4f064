import { formatPercent, formatSeconds } from '../../base/units.ts';
import { drawHeat, HEAT_ROW, heatFrame } from '../charts/heat.ts';
import type { HeatChart } from '../figure.ts';
import { measuredWidth } from './draw.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

const KEYS =
  'Keys: arrows walk from cell to cell, Home and End along a row, Page up and Page down to the peaks of rows.';
const SVG = 'http://www.w3.org/2000/svg';

interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The drawing of a heat map, with tooltips and a cell that the arrow keys move. */
export function drawHeatMap(
  box: HTMLElement,
  chart: HeatChart,
  { width, label }: { readonly width: number; readonly label: string },
): void {
  const { rows, seconds, measure } = chart;
  const context = { width, label, textWidth: measuredWidth };
  const { left, right, top } = heatFrame(chart, context);
  const inner = width - left - right;
  const columns = rows[0]?.shares.length ?? 0;
  // Text and attributes of a drawing are escaped, see charts/shape.ts.
  box.innerHTML = drawHeat(chart, context).html;
  const image = box.querySelector<SVGSVGElement>('svg[role=img]')!;

  const view = document.createElement('div');
  view.className = 'cells';
  view.tabIndex = 0;
  view.setAttribute('role', 'application');
  view.setAttribute('aria-roledescription', 'heat map');
  view.setAttribute('aria-label', label);
  const hint = document.createElement('p');
  hint.id = `${box.dataset.chart}-keys`;
  hint.className = 'note keys';
  hint.textContent = KEYS;
  view.setAttribute('aria-describedby', hint.id);
  const selection = document.createElement('p');
  selection.className = 'selection';
  selection.setAttribute('aria-live', 'polite');
  image.replaceWith(view);
  view.append(image);
  box.append(selection, hint);

  const cursor = document.createElementNS(SVG, 'rect');
  cursor.setAttribute('class', 'cursor');
  cursor.setAttribute('visibility', 'hidden');
  image.append(cursor);

  const at = (column: number): string => formatSeconds((seconds * column) / columns);
  const describe = ({ row, column }: Cell): string[] => [
    rows[row]!.name,
    `${at(column)} to ${at(column + 1)}`,
    `${measure.replace(/ \(.*/, '')} ${formatPercent(rows[row]!.shares[column]!)}`,
  ];
  const within = (value: number, count: number): number => Math.max(0, Math.min(value, count - 1));
  let chosen: Cell | undefined;
  function choose(row: number, column: number): void {
    chosen = { row: within(row, rows.length), column: within(column, columns) };
    const place = {
      x: left + (inner * chosen.column) / columns - 1,
      y: top + chosen.row * HEAT_ROW - 1,
      width: Math.max(4, inner / columns + 2),
      height: HEAT_ROW + 1,
    };
    for (const [name, value] of Object.entries(place)) cursor.setAttribute(name, String(value));
    cursor.setAttribute('visibility', 'visible');
    selection.textContent = describe(chosen).join(' · ');
  }
  function choosePeak(row: number): void {
    const { shares } = rows[within(row, rows.length)]!;
    choose(row, shares.indexOf(Math.max(...shares)));
  }
  const row = (): number => chosen?.row ?? 0;
  const column = (): number => chosen?.column ?? -1;
  const keys: { readonly [key: string]: () => void } = {
    ArrowRight: () => choose(row(), column() + 1),
    ArrowLeft: () => choose(row(), column() - 1),
    ArrowDown: () => choose(chosen === undefined ? 0 : row() + 1, column()),
    ArrowUp: () => choose(row() - 1, column()),
    Home: () => choose(row(), 0),
    End: () => choose(row(), columns - 1),
    PageDown: () => choosePeak(chosen === undefined ? 0 : row() + 1),
    PageUp: () => choosePeak(row() - 1),
    Escape: () => {
      chosen = undefined;
      cursor.setAttribute('visibility', 'hidden');
      selection.textContent = '';
    },
  };
  view.addEventListener('keydown', (event) => {
    const action = keys[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });

  const point = (event: PointerEvent): void => {
    const bounds = image.getBoundingClientRect();
    const hit = {
      row: Math.floor((event.clientY - bounds.top - top) / HEAT_ROW),
      column: Math.floor(((event.clientX - bounds.left - left) / inner) * columns),
    };
    if (hit.row < 0 || hit.row >= rows.length || hit.column < 0 || hit.column >= columns) {
      hideTooltip();
      return;
    }
    if (event.type === 'pointerdown') choose(hit.row, hit.column);
    showTooltip(describe(hit), event.clientX, event.clientY);
  };
  image.addEventListener('pointermove', point);
  image.addEventListener('pointerdown', point);
  image.addEventListener('pointerleave', hideTooltip);
}
