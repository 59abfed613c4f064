import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { UserError } from '../../base/errors.ts';
import {
  type Dimension,
  formatBytes,
  formatCount,
  formatFlopRate,
  formatFlops,
  formatHertz,
  formatMemory,
  formatPercent,
  formatQuantity,
  formatRate,
  formatSeconds,
  formatWatts,
  parseQuantity,
} from '../../base/units.ts';

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error('expected a UserError');
}

describe('parseQuantity', () => {
  const accepted: readonly (readonly [string, Dimension, number])[] = [
    // Bits and bytes: 10 Gb/s = 10e9 / 8 bytes/s.
    ['10 Gb/s', 'bytes/s', 1.25e9],
    ['10 Gbps', 'bytes/s', 1.25e9],
    ['10 Gbit/s', 'bytes/s', 1.25e9],
    ['10 GB/s', 'bytes/s', 10e9],
    ['10 GBps', 'bytes/s', 10e9],
    ['100 GB/s', 'bytes/s', 100e9],
    ['167 GiB/s', 'bytes/s', 167 * 2 ** 30],
    ['2 KB/s', 'bytes/s', 2000],
    ['2 kB/s', 'bytes/s', 2000],
    // Decimal text is scaled as text, so nothing is lost: 0.117 × 10^9 in floating point is 116999999.99999999.
    ['0.117 GB/s', 'bytes/s', 117_000_000],
    ['16 GiB', 'bytes', 17_179_869_184],
    ['16 GB', 'bytes', 16e9],
    ['16GB', 'bytes', 16e9],
    ['  16   GB ', 'bytes', 16e9],
    ['64 Kib', 'bytes', 8192],
    ['7 B', 'bytes', 7],
    ['20 us', 'seconds', 20e-6],
    ['20 \u00b5s', 'seconds', 20e-6],
    ['20 \u03bcs', 'seconds', 20e-6],
    ['1_000 ms', 'seconds', 1],
    ['5 ps', 'seconds', 5e-12],
    ['3 ns', 'seconds', 3e-9],
    ['1.5 min', 'seconds', 90],
    ['2 h', 'seconds', 7200],
    ['1e3 s', 'seconds', 1000],
    ['2.5e-3 s', 'seconds', 0.0025],
    ['0 s', 'seconds', 0],
    ['125 TFLOP/s', 'flop/s', 125e12],
    ['125 TFLOPS', 'flop/s', 125e12],
    ['92 TOP/s', 'flop/s', 92e12],
    ['92 TOPS', 'flop/s', 92e12],
    ['300 MFLOP', 'flop', 300e6],
    ['250 W', 'watts', 250],
    ['1.2 kW', 'watts', 1200],
    ['700 MHz', 'hertz', 700e6],
    ['0.869', 'ratio', 0.869],
    ['86.9 %', 'ratio', 0.869],
    ['130%', 'ratio', 1.3],
    ['256', 'count', 256],
    ['25.6 M', 'count', 25.6e6],
  ];
  test.each(accepted)('%j as %s is %d', (text, dimension, value) => {
    expect(parseQuantity(text, dimension)).toBe(value);
  });

  test('takes numbers where no unit is needed', () => {
    expect(parseQuantity(0.75, 'ratio')).toBe(0.75);
    expect(messageOf(() => parseQuantity(10, 'bytes/s'))).toBe(
      'expected a data rate such as "10 Gb/s", got 10; the unit is missing',
    );
  });

  const refused: readonly (readonly [string, Dimension, string])[] = [
    ['10 GB', 'bytes/s', 'expected a data rate such as "10 Gb/s", got "10 GB"'],
    ['10 Gb/s', 'bytes', 'expected a size such as "16 GB" or "16 GiB", got "10 Gb/s"'],
    ['5 ps', 'bytes/s', 'expected a data rate such as "10 Gb/s", got "5 ps"'],
    ['125 TFLOP', 'flop/s', 'expected a compute rate such as "10 TFLOP/s", got "125 TFLOP"'],
    ['10 MB', 'seconds', 'expected a time such as "20 us", got "10 MB"'],
    ['10', 'seconds', 'expected a time such as "20 us", got "10"; the unit is missing'],
    [
      '10 gb/s',
      'bytes/s',
      'expected a data rate such as "10 Gb/s", got "10 gb/s"; did you mean "GB/s" or "Gb/s"?',
    ],
    ['-5 ms', 'seconds', 'expected a time such as "20 us", got "-5 ms"; it must not be negative'],
    ['-0.5', 'ratio', 'expected a share such as "0.75" or "75 %", got "-0.5"; it must not be negative'],
    ['1e400 GB', 'bytes', 'expected a size such as "16 GB" or "16 GiB", got "1e400 GB"; it is too large'],
    ['3 W', 'hertz', 'expected a frequency such as "700 MHz", got "3 W"'],
    ['3 %', 'count', 'expected a number such as "256", got "3 %"'],
    ['3 m', 'seconds', 'expected a time such as "20 us", got "3 m"'],
  ];
  test.each(refused)('%j as %s is refused', (text, dimension, message) => {
    expect(messageOf(() => parseQuantity(text, dimension))).toBe(message);
  });

  test.each([
    '',
    ' ',
    's',
    'NaN s',
    'Infinity s',
    '1__0 s',
    '_1 s',
    '1_ s',
    '1.2.3 s',
    '1,5 s',
    '.5 s',
    '5. s',
    '+5 s',
    '1 s s',
    '0x10 s',
    '1 s\n2 s',
  ])('garbage %j is refused', (text) => {
    expect(messageOf(() => parseQuantity(text, 'seconds'))).toMatch(
      /^expected a time such as "20 us", got ".*"$/,
    );
  });

  test('numbers that are none are refused', () => {
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, -1])
      expect(messageOf(() => parseQuantity(value, 'ratio'))).toContain(`got ${value}`);
  });
});

describe('formatters', () => {
  test.each([
    [0, '0 s'],
    [5e-12, '5 ps'],
    [1.23456e-6, '1.23 µs'],
    [0.0015, '1.5 ms'],
    // Rounding may reach the next unit.
    [0.9999, '1 s'],
    [0.9994, '999 ms'],
    [90, '90 s'],
    [119.9, '2 min'],
    [7200, '2 h'],
    [86_400 * 3, '3 d'],
    [-0.0015, '-1.5 ms'],
    [-7200, '-2 h'],
    [1e-20, '1e-8 ps'],
    [Number.POSITIVE_INFINITY, 'infinite s'],
  ])('%d s is shown as %s', (seconds, text) => {
    expect(formatSeconds(seconds)).toBe(text);
  });

  test('every kind of quantity carries its unit', () => {
    expect(formatBytes(138_357_544 * 4)).toBe('553 MB');
    expect(formatMemory(16 * 2 ** 30)).toBe('16 GiB');
    expect(formatRate(1.25e9)).toBe('1.25 GB/s');
    expect(formatFlops(23.149e9)).toBe('23.1 GFLOP');
    expect(formatFlopRate(125e12)).toBe('125 TFLOP/s');
    expect(formatWatts(250)).toBe('250 W');
    expect(formatHertz(700e6)).toBe('700 MHz');
    expect(formatPercent(0.8694)).toBe('86.9 %');
    expect(formatPercent(-0.05)).toBe('-5 %');
    expect(formatCount(256)).toBe('256');
    expect(formatCount(25_557_032)).toBe('25.6 M');
    expect(formatBytes(1.234e21)).toBe('1230 EB');
  });

  test('what is not a number is our own fault', () => {
    expect(() => formatSeconds(Number.NaN)).toThrow('not a number');
    expect(() => formatPercent(Number.NaN)).toThrow('not a number');
  });

  const dimensions: readonly Dimension[] = [
    'bytes',
    'seconds',
    'bytes/s',
    'flop',
    'flop/s',
    'watts',
    'hertz',
    'ratio',
    'count',
  ];
  test('times that round up to the next unit are shown in it', () => {
    const shown = [119.4, 119.5, 119.99, 120, 7164, 7170, 7199, 7200, 172_000, 172_799].map(formatSeconds);
    expect(shown).toEqual([
      '119 s',
      '2 min',
      '2 min',
      '2 min',
      '119 min',
      '2 h',
      '2 h',
      '2 h',
      '47.8 h',
      '2 d',
    ]);
  });

  test.each(dimensions)('what is written for %s is read back to 3 digits', (dimension) => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 9.999, noNaN: true }),
        fc.integer({ min: -11, max: 17 }),
        (mantissa, exponent) => {
          const value = mantissa * 10 ** exponent;
          const back = parseQuantity(formatQuantity(value, dimension), dimension);
          // Half a unit in the third digit of a number that starts with 1 is 0.5 %; a little for rounding.
          expect(Math.abs(back - value) / value).toBeLessThan(0.005001);
          // And a shown value is a fixed point: showing it again changes nothing.
          expect(formatQuantity(back, dimension)).toBe(formatQuantity(value, dimension));
        },
      ),
    );
  });
});
