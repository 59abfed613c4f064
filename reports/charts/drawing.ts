/* What drawing a chart gives: text of HTML, and what the page tells of each part of it. */

/** Width in CSS pixels of a text in the report's font at `size` pixels. */
export type TextWidth = (text: string, size?: number, bold?: boolean) => number;

export interface DrawContext {
  /** Width of the box in CSS pixels: charts are drawn at their real size, so text never scales. */
  readonly width: number;
  /** Accessible name of the chart. */
  readonly label: string;
  readonly textWidth: TextWidth;
}

/** Lines of text about a point, found within some pixels of it, or about a box. */
export interface Tip {
  readonly x: number;
  readonly y: number;
  /** Of a box whose upper left corner is at x, y; absent: a point. */
  readonly size?: readonly [width: number, height: number];
  readonly lines: readonly string[];
}

export interface Drawing {
  readonly html: string;
  /** Of each image in it, in their order. */
  readonly tips: readonly (readonly Tip[])[];
}

/** Width of one panel and how many stand side by side, none narrower than `least` where the box allows. */
export function panelGrid(width: number, count: number, least: number, gap = 28) {
  const fit = Math.max(1, Math.floor((width + gap) / (least + gap)));
  // Rows of equal length look calmer than a full row and a rest: 4 panels as 2 + 2, not 3 + 1.
  const rows = Math.ceil(count / Math.max(1, Math.min(fit, count)));
  const columns = Math.max(1, Math.ceil(count / Math.max(1, rows)));
  return { columns, panelWidth: Math.floor((width - gap * (columns - 1)) / columns) };
}
