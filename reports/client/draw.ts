import { drawChart } from '../charts/draw-chart.ts';
import type { TextWidth } from '../charts/drawing.ts';
import type { Chart } from '../figure.ts';
import { addTips } from './chart-tips.ts';

const context = document.createElement('canvas').getContext('2d')!;
let family = '';

/** As the browser sets text in the page's font. */
export const measuredWidth: TextWidth = (text, size = 12, bold = false) => {
  family ||= getComputedStyle(document.body).fontFamily;
  context.font = `${bold ? '700 ' : ''}${size}px ${family}`;
  return context.measureText(text).width;
};

/** Draws a chart into a box, in place of what is there, and tells of its parts by pointer and keys. */
export function drawInto(
  box: HTMLElement,
  chart: Chart,
  { width, label }: { width: number; label: string },
): void {
  const drawing = drawChart(chart, { width, label, textWidth: measuredWidth });
  if (drawing === undefined) throw new TypeError(`no drawing of ${chart.kind}`);
  // Text and attributes of a drawing are escaped, see charts/shape.ts.
  box.innerHTML = drawing.html;
  const told = document.createElement('p');
  told.className = 'unseen';
  told.setAttribute('role', 'status');
  for (const [i, image] of [...box.querySelectorAll<SVGSVGElement>('svg[role=img]')].entries()) {
    addTips(image, drawing.tips[i] ?? [], (text) => {
      told.textContent = text;
    });
  }
  box.append(told);
}
