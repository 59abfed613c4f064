import { symbol, symbolCircle, symbolDiamond, symbolSquare, symbolStar, symbolTriangle, symbolWye } from 'd3';
import type { Tone } from '../figure.ts';
import { escapeHtml } from '../markup.ts';

const TONES = 6;
const SYMBOLS = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolWye, symbolStar];

/** Colours are custom properties: they follow the colour scheme without drawing again. */
export const toneColour = (tone: Tone | string): string =>
  `var(--${typeof tone === 'number' ? `tone-${tone % TONES}` : tone})`;

export const toneInk = (tone: Tone | string): string =>
  `var(--${typeof tone === 'number' ? `tone-${tone % TONES}` : tone}-ink)`;

/** Path of the symbol that tells a line apart without its colour. */
export const tonePath = (tone: Tone, area = 46): string =>
  symbol(SYMBOLS[tone % SYMBOLS.length], area).digits(2)()!;

/** Areas beyond the palette repeat its colours, striped. */
export const isStriped = (tone: Tone | string): boolean => typeof tone === 'number' && tone >= TONES;

/** Lines beyond the palette repeat its colours, dashed. */
export const toneDash = (tone: Tone): string | null => (tone >= TONES ? '5 3' : null);

export interface LegendEntry {
  readonly name: string;
  readonly tone: Tone | string;
  readonly mark: 'line' | 'rule' | 'square' | 'dashes' | 'symbol' | 'interval' | 'hollow';
}

/** HTML of a list of what colours and symbols mean; '' where there is nothing to tell apart. */
export function legendHtml(entries: readonly LegendEntry[]): string {
  if (entries.length === 0) return '';
  const items = entries.map(
    (entry) =>
      `<li><svg width="24" height="14" aria-hidden="true">${shapeOf(entry)}</svg><bdi>${escapeHtml(entry.name)}</bdi></li>`,
  );
  return `<ul class="legend">${items.join('')}</ul>`;
}

function shapeOf({ tone, mark }: LegendEntry): string {
  const colour = toneColour(tone);
  if (mark === 'square') {
    const stripes = isStriped(tone)
      ? '<path d="M7,6l4,-4M7,12l10,-10M12,12l5,-5" stroke="var(--paper)" stroke-width="1.5"/>'
      : '';
    return `<rect x="6" y="1" width="12" height="12" rx="2" fill="${colour}" stroke="var(--part-rule)" stroke-width=".75"/>${stripes}`;
  }
  if (mark === 'hollow')
    return `<rect x="4" y="2" width="16" height="10" fill="none" stroke="${colour}" stroke-dasharray="3 2"/>`;
  if (mark === 'interval')
    return `<path d="M3,3V11M3,7H21M21,3V11" stroke="${colour}" stroke-width="1.25" fill="none"/>`;
  if (mark === 'dashes')
    return `<line x1="0" x2="24" y1="7" y2="7" stroke="${colour}" stroke-width="1.5" stroke-dasharray="4 3"/>`;
  if (mark === 'rule') return `<line x1="0" x2="24" y1="7" y2="7" stroke="${colour}" stroke-width="3"/>`;
  const point = `<path transform="translate(12,7)" d="${tonePath(tone as number)}" fill="${colour}"/>`;
  if (mark === 'symbol') return point;
  return `<line x1="0" x2="24" y1="7" y2="7" stroke="${colour}" stroke-width="2" stroke-dasharray="${toneDash(tone as number) ?? ''}"/>${point}`;
}
