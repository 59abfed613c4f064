import { invariant, UserError } from './errors.ts';
import { quoted } from './text.ts';

/** What a quantity measures, named after the unit that `parseQuantity` returns. */
export type Dimension =
  | 'bytes'
  | 'seconds'
  | 'bytes/s'
  | 'flop'
  | 'flop/s'
  | 'watts'
  | 'hertz'
  | 'dollars/h'
  | 'ratio'
  | 'count';

/** A unit is 10^exponent × factor of the base unit: powers of ten stay exact when they join the decimal text. */
interface Unit {
  readonly exponent: number;
  readonly factor: number;
}

interface DimensionRow {
  readonly expected: string;
  readonly units: ReadonlyMap<string, Unit>;
}

// U+00B5 (micro sign, as typed on keyboards) and U+03BC (Greek mu, as Unicode prefers) look the same.
const SMALL = { p: -12, n: -9, u: -6, '\u00b5': -6, '\u03bc': -6, m: -3 };
// "K" is not SI, but everybody writes KB; it means 1000 here, Ki is 1024.
const LARGE = { '': 0, k: 3, K: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY = { Ki: 2 ** 10, Mi: 2 ** 20, Gi: 2 ** 30, Ti: 2 ** 40, Pi: 2 ** 50 };

/** Every prefix before every symbol; `suffixes` are ways to write "per second". */
function units(
  symbols: Readonly<Record<string, number>>,
  prefixes: Readonly<Record<string, number>>,
  { binary = false, suffixes = [''] }: { binary?: boolean; suffixes?: readonly string[] } = {},
): Map<string, Unit> {
  const table = new Map<string, Unit>();
  for (const [symbol, factor] of Object.entries(symbols)) {
    for (const suffix of suffixes) {
      for (const [prefix, exponent] of Object.entries(prefixes))
        table.set(prefix + symbol + suffix, { exponent, factor });
      if (!binary) continue;
      for (const [prefix, multiple] of Object.entries(BINARY))
        table.set(prefix + symbol + suffix, { exponent: 0, factor: multiple * factor });
    }
  }
  return table;
}

const ONE: Unit = { exponent: 0, factor: 1 };
/** B is a byte, b a bit: the case decides. */
const SIZES = { B: 1, b: 1 / 8, bit: 1 / 8 };
const OPERATIONS = { FLOP: 1, Flop: 1, flop: 1, OP: 1, op: 1 };

const DIMENSIONS: { readonly [D in Dimension]: DimensionRow } = {
  bytes: { expected: 'a size such as "16 GB" or "16 GiB"', units: units(SIZES, LARGE, { binary: true }) },
  seconds: {
    expected: 'a time such as "20 us"',
    units: new Map([
      ...units({ s: 1 }, { '': 0, ...SMALL }),
      ['min', { exponent: 0, factor: 60 }],
      ['h', { exponent: 0, factor: 3600 }],
      ['d', { exponent: 0, factor: 86_400 }],
    ]),
  },
  'bytes/s': {
    expected: 'a data rate such as "10 Gb/s"',
    units: units(SIZES, LARGE, { binary: true, suffixes: ['/s', 'ps'] }),
  },
  flop: { expected: 'an amount of arithmetic such as "300 MFLOP"', units: units(OPERATIONS, LARGE) },
  'flop/s': {
    expected: 'a compute rate such as "10 TFLOP/s"',
    units: new Map([
      ...units(OPERATIONS, LARGE, { suffixes: ['/s'] }),
      // "FLOPS" is per second by custom; the plain plural of FLOP is not accepted, as it cannot be told apart.
      ...units({ FLOPS: 1, OPS: 1 }, LARGE),
    ]),
  },
  watts: { expected: 'a power such as "250 W"', units: units({ W: 1 }, { m: -3, ...LARGE }) },
  hertz: { expected: 'a frequency such as "700 MHz"', units: units({ Hz: 1 }, LARGE) },
  'dollars/h': {
    expected: 'a price such as "3.06 $/h"',
    units: new Map([
      ['$/h', ONE],
      ['USD/h', ONE],
    ]),
  },
  ratio: {
    expected: 'a share such as "0.75" or "75 %"',
    units: new Map([
      ['', ONE],
      ['%', { exponent: -2, factor: 1 }],
    ]),
  },
  count: { expected: 'a number such as "256"', units: units({ '': 1 }, { '': 0, k: 3, M: 6, G: 9 }) },
};

/** Digits may be grouped with single underscores; a fraction needs digits on both sides of its point. */
const QUANTITY = /^(\d+(?:_\d+)*(?:\.\d+(?:_\d+)*)?)(?:[eE]([+-]?\d{1,3}))?\s*([^\s\d.+\-_].*)?$/u;

/**
 * The value of `text` in the base unit of `dimension` (bytes, seconds, bytes/s, flop/s, watts, hertz, US dollars
 * per hour, plain ratio). Units are case-sensitive (Gb is a gigabit, GB a gigabyte) and required, except for ratios and counts;
 * G is 10^9 and Gi 2^30. Throws a one-line UserError, without a place: the caller knows the file and line.
 */
export function parseQuantity(text: string | number, dimension: Dimension): number {
  const { expected, units } = DIMENSIONS[dimension];
  const shown = typeof text === 'number' ? String(text) : quoted(text);
  const reject = (why = ''): never => {
    throw new UserError(`expected ${expected}, got ${shown}${why}`);
  };
  const trimmed = String(text).trim();
  if (/^-\s*[\d.]/.test(trimmed)) reject('; it must not be negative');
  const match = QUANTITY.exec(trimmed);
  if (match === null) return reject();
  const [, mantissa = '', exponent = '0', unitText = ''] = match;
  const unit = units.get(unitText.trimEnd());
  if (unit === undefined)
    return reject(unitText === '' ? '; the unit is missing' : spelling(unitText, units));
  const value = Number(`${mantissa.replaceAll('_', '')}e${Number(exponent) + unit.exponent}`) * unit.factor;
  return Number.isFinite(value) ? value : reject('; it is too large');
}

/** Units that differ from `text` in case only, as a remedy: `; did you mean "Gb/s" or "GB/s"?` */
function spelling(text: string, units: ReadonlyMap<string, Unit>): string {
  const same = [...units.keys()].filter((unit) => unit.toLowerCase() === text.toLowerCase());
  return same.length === 0 ? '' : `; did you mean ${same.map((unit) => `"${unit}"`).join(' or ')}?`;
}

/*
 * Formatters for people: 3 significant digits, no trailing zeros, the unit always, a point for decimals whatever
 * the locale. What they write, parseQuantity reads (to 3 digits).
 */

type Scale = readonly (readonly [factor: number, unit: string])[];

const decimal = (symbol: string): Scale => [
  [1, symbol],
  [1e3, `k${symbol}`],
  [1e6, `M${symbol}`],
  [1e9, `G${symbol}`],
  [1e12, `T${symbol}`],
  [1e15, `P${symbol}`],
  [1e18, `E${symbol}`],
];

const BYTES = decimal('B');
const RATE = decimal('B/s');
const FLOP = decimal('FLOP');
const FLOP_RATE = decimal('FLOP/s');
const WATTS = decimal('W');
const JOULES: Scale = [[1e-6, 'µJ'], [1e-3, 'mJ'], ...decimal('J')];
// Not mWh: it would be read as MWh.
const KILOWATT_HOURS: Scale = [
  [1e-3, 'Wh'],
  [1, 'kWh'],
  [1e3, 'MWh'],
  [1e6, 'GWh'],
];
const HERTZ = decimal('Hz');
const COUNT: Scale = [
  [1, ''],
  [1e3, 'k'],
  [1e6, 'M'],
  [1e9, 'G'],
];
const MEMORY: Scale = [
  [1, 'B'],
  [2 ** 10, 'KiB'],
  [2 ** 20, 'MiB'],
  [2 ** 30, 'GiB'],
  [2 ** 40, 'TiB'],
  [2 ** 50, 'PiB'],
];
const SECONDS: Scale = [
  [1e-12, 'ps'],
  [1e-9, 'ns'],
  [1e-6, '\u00b5s'],
  [1e-3, 'ms'],
  [1, 's'],
];
/** From two of a unit on: "90 s", but "2 min". */
const LONG_SECONDS: Scale = [
  [60, 'min'],
  [3600, 'h'],
  [86_400, 'd'],
];

/** `value` to 3 significant digits without trailing zeros. */
const digits = (value: number): string => String(Number(value.toPrecision(3)));

function scaled(value: number, scale: Scale): string {
  invariant(!Number.isNaN(value), 'a quantity to be shown is not a number');
  if (value < 0) return `-${scaled(-value, scale)}`;
  const base = scale.find(([factor]) => factor === 1)![1];
  if (value === 0) return `0 ${base}`;
  if (value === Number.POSITIVE_INFINITY) return `infinite ${base}`;
  // Rounding comes first: 999.9 ms is "1 s", not "1000 ms".
  let chosen = scale[0]!;
  for (const step of scale) if (Number((value / step[0]).toPrecision(3)) >= 1) chosen = step;
  return `${digits(value / chosen[0])} ${chosen[1]}`;
}

/** `1.5 ms`, `90 s`, `2 min`, `36 h`. */
export function formatSeconds(seconds: number): string {
  let value = Math.abs(seconds);
  let chosen: Scale[number] | undefined;
  for (const step of LONG_SECONDS) {
    // Rounding comes first here too: 119.5 min is "2 h", not "120 min" (nor "1.99 h", which is below 2 h).
    const factor = chosen?.[0] ?? 1;
    if (!(Number((value / factor).toPrecision(3)) * factor >= 2 * step[0])) break;
    chosen = step;
    value = Math.max(value, 2 * step[0]);
  }
  if (chosen === undefined || !Number.isFinite(seconds)) return scaled(seconds, SECONDS);
  return `${seconds < 0 ? '-' : ''}${digits(value / chosen[0])} ${chosen[1]}`;
}

/** Sizes of data, in powers of ten: `138 MB`. */
export const formatBytes = (bytes: number): string => scaled(bytes, BYTES);

/** Sizes of memories, in powers of two: `16 GiB`. */
export const formatMemory = (bytes: number): string => scaled(bytes, MEMORY);

/** `1.25 GB/s` */
export const formatRate = (bytesPerSecond: number): string => scaled(bytesPerSecond, RATE);

/** Amounts of arithmetic: `23.1 GFLOP`. */
export const formatFlops = (flops: number): string => scaled(flops, FLOP);

/** `15.7 TFLOP/s` */
export const formatFlopRate = (flopsPerSecond: number): string => scaled(flopsPerSecond, FLOP_RATE);

export const formatWatts = (watts: number): string => scaled(watts, WATTS);

export const formatHertz = (hertz: number): string => scaled(hertz, HERTZ);

/** Energies of physics: `2.55 kJ`. */
export const formatJoules = (joules: number): string => scaled(joules, JOULES);

/** Energies that are paid for: `2.77 kWh`. */
export const formatKilowattHours = (kilowattHours: number): string => scaled(kilowattHours, KILOWATT_HOURS);

/** Amounts of money: `12.3 $`, `0.052 $`, `5.28e-7 $`. */
export const formatDollars = (dollars: number): string =>
  `${dollars >= 1e5 ? formatCount(dollars) : digits(dollars)} $`;

/** Prices, to the cent: `3.06 $/h`. */
export const formatPrice = (dollarsPerHour: number): string => `${dollarsPerHour.toFixed(2)} $/h`;

/** A share as a percentage: `87.5 %`. */
export function formatPercent(ratio: number): string {
  invariant(!Number.isNaN(ratio), 'a share to be shown is not a number');
  if (ratio < 0) return `-${formatPercent(-ratio)}`;
  return Number.isFinite(ratio) ? `${digits(ratio * 100)} %` : 'infinite %';
}

/** Plain numbers: `256`, `25.6 M`. */
export const formatCount = (count: number): string => scaled(count, COUNT).trimEnd();

const FORMATTERS: { readonly [D in Dimension]: (value: number) => string } = {
  bytes: formatBytes,
  seconds: formatSeconds,
  'bytes/s': formatRate,
  flop: formatFlops,
  'flop/s': formatFlopRate,
  watts: formatWatts,
  hertz: formatHertz,
  'dollars/h': formatPrice,
  ratio: formatPercent,
  count: formatCount,
};

/** The formatter of a dimension, for tables that mix several. */
export const formatQuantity = (value: number, dimension: Dimension): string => FORMATTERS[dimension](value);
