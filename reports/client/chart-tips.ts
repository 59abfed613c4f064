import type { Tip } from '../charts/drawing.ts';
import { hideTooltip, showTooltip } from './tooltip.ts';

/** Pixels around a point within which the pointer finds it. */
const REACH = 40;

/**
 * Tells of the parts of a chart: of the one under the pointer or nearest to it, and by the arrow keys of each in turn, where
 * `announce` says it to those who do not see it.
 */
export function addTips(image: SVGSVGElement, tips: readonly Tip[], announce: (text: string) => void): void {
  if (tips.length === 0) return;
  const halo = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
  for (const [name, value] of Object.entries({
    ...{ r: '8', fill: 'none', stroke: 'var(--ink)', 'stroke-width': '1.5', visibility: 'hidden' },
    'pointer-events': 'none',
  })) {
    halo.setAttribute(name, value);
  }
  image.append(halo);
  let shown = -1;
  const leave = (): void => {
    halo.setAttribute('visibility', 'hidden');
    hideTooltip();
  };
  const show = ({ x, y, size, lines }: Tip, clientX: number, clientY: number): void => {
    halo.setAttribute('cx', String(x));
    halo.setAttribute('cy', String(y));
    halo.setAttribute('visibility', size === undefined ? 'visible' : 'hidden');
    showTooltip(lines, clientX, clientY);
  };
  /** Pixels of the drawing per pixel of the screen, and where it begins. */
  const place = (): { left: number; top: number; scale: number } => {
    const { left, top, width } = image.getBoundingClientRect();
    return { left, top, scale: width === 0 ? 1 : image.viewBox.baseVal.width / width };
  };
  const find = (event: PointerEvent): void => {
    const { left, top, scale } = place();
    const found = nearest(tips, (event.clientX - left) * scale, (event.clientY - top) * scale);
    if (found < 0) {
      leave();
      return;
    }
    shown = found;
    show(tips[found]!, event.clientX, event.clientY);
  };
  image.addEventListener('pointermove', find);
  image.addEventListener('pointerdown', find);
  image.addEventListener('pointerleave', leave);
  image.tabIndex = 0;
  image.addEventListener('blur', leave);
  image.addEventListener('keydown', (event) => {
    const steps: { [key: string]: number | undefined } = {
      ArrowRight: 1,
      ArrowDown: 1,
      ArrowLeft: -1,
      ArrowUp: -1,
    };
    const step = steps[event.key];
    if (event.key === 'Escape') leave();
    if (step === undefined) return;
    event.preventDefault();
    shown = Math.max(0, Math.min(tips.length - 1, shown + step));
    const tip = tips[shown]!;
    const { left, top, scale } = place();
    const [width, height] = tip.size ?? [0, 0];
    show(tip, left + (tip.x + Math.min(width, 240) / 2) / scale, top + (tip.y + height / 2) / scale);
    announce(tip.lines.join(', '));
  });
}

/** Index of the box that holds a place, or of the nearest point; -1 where none is near. */
function nearest(tips: readonly Tip[], px: number, py: number): number {
  let least = REACH ** 2;
  let found = -1;
  for (const [i, { x, y, size }] of tips.entries()) {
    if (size !== undefined) {
      if (px >= x && px < x + size[0] && py >= y && py < y + size[1]) return i;
      continue;
    }
    const distance = (x - px) ** 2 + (y - py) ** 2;
    if (distance < least) {
      least = distance;
      found = i;
    }
  }
  return found;
}
