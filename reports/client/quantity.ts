/* Figures as the report writes them, read back: for sorting by them, and for downloads in one unit. */

export interface Quantity {
  readonly value: number;
  /** What `value` is in: `s`, `B`, `%`, `×` …; '' of plain numbers. */
  readonly unit: string;
}

/** What the report's units are, in the one that they are compared in. */
const UNITS: { readonly [unit: string]: readonly [factor: number, unit: string] | undefined } = {
  ...Object.fromEntries(
    (
      [
        ['ps', 1e-12],
        ['ns', 1e-9],
        ['µs', 1e-6],
        ['ms', 1e-3],
        ['s', 1],
        ['min', 60],
        ['h', 3600],
        ['days', 86_400],
        ['d', 86_400],
      ] as const
    ).map(([unit, factor]) => [unit, [factor, 's'] as const]),
  ),
  '%': [1, '%'],
};

const PREFIXES: { readonly [prefix: string]: number | undefined } = {
  ...{ '': 1, n: 1e-9, µ: 1e-6, m: 1e-3, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15, E: 1e18 },
  ...{ Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 },
};

const BASES = ['×', '$/h', '$', 'B/s', 'FLOP/s', 'FLOP', 'B', 'Wh', 'W', 'J', 'Hz'];

/** `1.02 ms` → 0.00102 s; `± 5.3 %` → 5.3 %; undefined of what is no figure, or of more than one. */
export function quantityOf(text: string): Quantity | undefined {
  const plain = text.replace(/[\u202f\u2009](?=\d)/g, '').trim();
  const found = /^(?:±\s*|about\s+|median\s+|\$)?([-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?)[\s\u00a0]*(.*)$/u.exec(
    plain,
  );
  if (found === null) return undefined;
  const value = Number(found[1]);
  const unit = found[2]!.trim();
  const known = UNITS[unit];
  if (known !== undefined) return { value: value * known[0], unit: known[1] };
  for (const base of ['', ...BASES]) {
    if (!unit.endsWith(base)) continue;
    const factor = PREFIXES[unit.slice(0, unit.length - base.length)];
    if (factor !== undefined) return { value: value * factor, unit: base };
  }
  return undefined;
}
