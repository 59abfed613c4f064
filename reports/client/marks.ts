import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolStar, symbolTriangle, symbolWye } from 'd3';
import type { Tone } from '../figure.ts';

const TONES = 6;
const SYMBOLS = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolWye, symbolStar];

/** Colours are custom properties: they follow the colour scheme without drawing again. */
export const toneColour = (tone: Tone | string): string =>
  `var(--${typeof tone === 'number' ? `tone-${tone % TONES}` : tone})`;

export const toneInk = (tone: Tone | string): string =>
  `var(--${typeof tone === 'number' ? `tone-${tone % TONES}` : tone}-ink)`;

/** Path of the symbol that tells a line apart without its colour. */
export const tonePath = (tone: Tone, area = 46): string => symbol(SYMBOLS[tone % SYMBOLS.length], area)()!;

/** Areas beyond the palette repeat its colours, striped. */
export const isStriped = (tone: Tone | string): boolean => typeof tone === 'number' && tone >= TONES;

/** Lines beyond the palette repeat its colours, dashed. */
export const toneDash = (tone: Tone): string | null => (tone >= TONES ? '5 3' : null);

export interface LegendEntry {
  readonly name: string;
  readonly tone: Tone | string;
  readonly mark: 'line' | 'square' | 'dashes' | 'symbol';
}

export function legend(entries: readonly LegendEntry[]): HTMLElement {
  const list = document.createElement('ul');
  list.className = 'legend';
  for (const { name, tone, mark } of entries) {
    const item = document.createElement('li');
    const colour = toneColour(tone);
    const shape =
      mark === 'square'
        ? `<rect x="6" y="1" width="12" height="12" rx="2" fill="${colour}" stroke="var(--part-rule)" stroke-width=".75"/>${isStriped(tone) ? '<path d="M7,6l4,-4M7,12l10,-10M12,12l5,-5" stroke="var(--paper)" stroke-width="1.5"/>' : ''}`
        : mark === 'symbol'
          ? `<path transform="translate(12,7)" d="${tonePath(tone as number)}" fill="${colour}"/>`
          : mark === 'dashes'
            ? `<line x1="0" x2="24" y1="7" y2="7" stroke="${colour}" stroke-width="1.5" stroke-dasharray="4 3"/>`
            : `<line x1="0" x2="24" y1="7" y2="7" stroke="${colour}" stroke-width="2" stroke-dasharray="${toneDash(tone as number) ?? ''}"/><path transform="translate(12,7)" d="${tonePath(tone as number)}" fill="${colour}"/>`;
    item.innerHTML = `<svg width="24" height="14" aria-hidden="true">${shape}</svg>`;
    const label = document.createElement('bdi');
    label.textContent = name;
    item.append(label);
    list.append(item);
  }
  return list;
}
