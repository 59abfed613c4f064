import type { TextWidth } from './drawing.ts';

/*
 * Where there is no browser to measure text: advance widths of Helvetica in thousandths of an em (Adobe Font Metrics, core 14
 * fonts), which Arial and Liberation Sans share, with room for the wider fonts that some systems have instead.
 */

const ASCII =
  '278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584'
    .split(' ')
    .map(Number);
const ROOM = 1.15;
const BOLD = 1.08;
/** Of characters beyond ASCII: most are letters, ideographs are as wide as high. */
const OTHER = 600;
const WIDE = 1000;
const FIRST_WIDE = 0x2e80;

export const textWidthByTable: TextWidth = (text, size = 12, bold = false) => {
  let thousandths = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    thousandths += ASCII[code - 32] ?? (code >= FIRST_WIDE ? WIDE : OTHER);
  }
  return (thousandths / 1000) * size * ROOM * (bold ? BOLD : 1);
};

/** The text, or as much of its beginning as is at most `width` pixels wide, with an ellipsis. */
export function fitted(text: string, width: number, textWidth: TextWidth, bold = false): string {
  if (textWidth(text, 12, bold) <= width) return text;
  const characters = Array.from(text.slice(0, 400));
  let [least, most] = [1, characters.length];
  const cut = (length: number): string => `${characters.slice(0, length).join('').trimEnd()}…`;
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (textWidth(cut(middle), 12, bold) <= width) least = middle;
    else most = middle - 1;
  }
  return cut(least);
}
