import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatFactor, formatInteger } from '../../base/format.ts';
import {
  formatBytes,
  formatCount,
  formatFlopRate,
  formatMemory,
  formatPercent,
  formatSeconds,
  formatWatts,
} from '../../base/units.ts';
import { quantityOf } from '../../reports/client/quantity.ts';
import { csvOf, inOneUnit, tsvOf } from '../../reports/client/table-text.ts';
import { percentages } from '../../reports/percentages.ts';
import { HOSTILE } from './hostile.ts';

describe('figures read back from a table', () => {
  const FORMATS: readonly [format: (value: number) => string, unit: string, per: number][] = [
    [formatSeconds, 's', 1],
    [formatBytes, 'B', 1],
    [formatMemory, 'B', 1],
    [formatFlopRate, 'FLOP/s', 1],
    [formatWatts, 'W', 1],
    [formatPercent, '%', 100],
    [formatFactor, '×', 1],
    [formatCount, '', 1],
  ];

  test('are what was written, to the digits that were', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FORMATS),
        fc.double({ min: 1e-9, max: 1e12, noNaN: true }),
        ([format, unit, per], value) => {
          const read = quantityOf(format(value));
          expect(read?.unit).toBe(unit);
          expect(read!.value / (value * per)).toBeCloseTo(1, 2);
        },
      ),
    );
    expect(quantityOf(formatInteger(67_458))).toEqual({ value: 67_458, unit: '' });
    expect(quantityOf('± 5.3 %')).toEqual({ value: 5.3, unit: '%' });
    for (const none of ['–', '', 'not reached', '1 ms to 2 ms', 'worker 3', '617 (worker 3)'])
      expect(quantityOf(none)).toBeUndefined();
  });

  test('are in one unit in a download; what is no figure stays as it is', () => {
    expect(
      inOneUnit([
        ['Run', 'Mean', 'Speed-up', 'Share (%)'],
        ['a', '1.02 ms', '8.6×', '12 %'],
        ['b', '980 µs', 'does not fit', '–'],
      ]),
    ).toEqual([
      ['Run', 'Mean (s)', 'Speed-up', 'Share (%)'],
      ['a', '0.00102', '8.6×', '12'],
      ['b', '0.00098', 'does not fit', ''],
    ]);
    expect(inOneUnit([])).toEqual([]);
  });

  test('names are no formulas, and no rows or columns of their own', () => {
    const rows = HOSTILE.map((name) => [name, '-1']);
    const lines = csvOf([['a,"b"', 'n'], ...rows]).split('\r\n');
    expect(lines[0]).toBe('"a,""b""",n');
    expect(lines).toHaveLength(rows.length + 2);
    expect(lines.some((line) => /^"?=/.test(line))).toBe(false);
    expect(lines.slice(1, -1).every((line) => line.endsWith(',-1'))).toBe(true);
    expect(
      tsvOf(rows)
        .split('\n')
        .every((line) => line.split('\t').length === 2),
    ).toBe(true);
    expect(tsvOf([['=1+1\tx']])).toBe("'=1+1 x");
  });
});

test('percentages of a whole sum to exactly 100, each within a tenth of its share', () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 }),
      (shares) => {
        const sum = shares.reduce((a, b) => a + b, 0);
        const shown = percentages(shares).map((text) => Math.round(10 * Number.parseFloat(text)));
        expect(shown.reduce((a, b) => a + b)).toBe(1000);
        const off = shown.map((tenths, i) => Math.abs(tenths - (1000 * shares[i]!) / sum));
        if (sum > 0) expect(Math.max(...off)).toBeLessThan(1.000001);
      },
    ),
  );
});
