import { HEAT_LEVELS } from '../heat-style.ts';

/** Colour of a share: 0 of nothing at all, else 1 to 10 by tenths. */
export function heatLevel(share: number): number {
  return share <= 0 ? 0 : Math.min(HEAT_LEVELS, Math.max(1, Math.ceil(share * HEAT_LEVELS - 1e-9)));
}

/**
 * Per level, the path of its cells: neighbours in a row are one rectangle. `left` and `width` are pixels of the time axis, rows
 * are `rowHeight` apart with a gap of one pixel.
 */
export function heatPaths(
  rows: readonly { readonly shares: readonly number[] }[],
  left: number,
  width: number,
  rowHeight: number,
): string[] {
  const paths = Array.from({ length: HEAT_LEVELS + 1 }, () => '');
  const pixels = (value: number): string => String(Math.round(value * 10) / 10);
  for (const [row, { shares }] of rows.entries()) {
    const at = (cell: number): number => left + (width * cell) / shares.length;
    for (let cell = 0; cell < shares.length; ) {
      const level = heatLevel(shares[cell]!);
      let end = cell + 1;
      while (end < shares.length && heatLevel(shares[end]!) === level) end++;
      paths[level] +=
        `M${pixels(at(cell))},${row * rowHeight}H${pixels(at(end))}v${rowHeight - 1}H${pixels(at(cell))}z`;
      cell = end;
    }
  }
  return paths;
}
