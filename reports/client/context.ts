export interface DrawContext {
  /** Width of the box in CSS pixels: charts are drawn at their real size, so text never scales. */
  readonly width: number;
  /** Accessible name of the chart. */
  readonly label: string;
}

/** Width of one panel and how many stand side by side, none narrower than `least` where the box allows. */
export function panelGrid(width: number, count: number, least: number, gap = 28) {
  const fit = Math.max(1, Math.floor((width + gap) / (least + gap)));
  // Rows of equal length look calmer than a full row and a rest: 4 panels as 2 + 2, not 3 + 1.
  const rows = Math.ceil(count / Math.min(fit, count));
  const columns = Math.ceil(count / rows);
  return { columns, panelWidth: Math.floor((width - gap * (columns - 1)) / columns) };
}
