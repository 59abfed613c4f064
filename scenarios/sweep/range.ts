import * as z from 'zod';
import { UserError } from '../../base/errors.ts';
import { type Dimension, parseQuantity } from '../../base/units.ts';
import { map, show } from '../fields.ts';

/* Values between two: numbers, or quantities, which keep the unit of the first. */

const DIMENSIONS: readonly Dimension[] = [
  'bytes',
  'seconds',
  'bytes/s',
  'flop',
  'flop/s',
  'watts',
  'hertz',
  'dollars/h',
  'ratio',
  'count',
];

/** Of values that are no whole numbers: enough to tell them apart, and short to read. */
const SIGNIFICANT_DIGITS = 6;

const bound = z.union([z.number(), z.string()], {
  error: ({ input }) =>
    input === undefined ? 'missing' : `expected a number or a quantity such as "10 Gb/s", got ${show(input)}`,
});

export const rangeFields = {
  from: bound.describe('The least value: a number, or a quantity with its unit, e.g. "1 Gb/s".'),
  to: bound.describe('The largest value.'),
  scale: z
    .enum(['linear', 'log'])
    .default('linear')
    .describe('log: equal ratios are equally likely, for what spans orders of magnitude.'),
  integer: z.boolean().default(false).describe('Whole numbers only.'),
};

const rangeMap = map(rangeFields);
type RangeFields = z.output<typeof rangeMap>;

/** A range that was understood: what is at each share of the way from its first value to its last. */
export interface Range {
  /** For a share in [0, 1); whole numbers are equally likely on their scale. */
  draw(share: number): unknown;
  /** So many values at equal distances, first and last among them; whole numbers that are equal once. */
  spaced(points: number): unknown[];
}

/** @throws UserError where there is nothing between the two, without a place. */
export function rangeOf({ from, to, scale, integer }: RangeFields): Range {
  const { least, most, unit } = boundsOf(from, to);
  if (!(least < most)) throw new UserError(`expected more than ${show(from)} in \`to\`, got ${show(to)}`);
  if (scale === 'log' && !(least > 0))
    throw new UserError(`expected more than 0 in \`from\` on a log scale, got ${show(from)}`);
  if (integer && !(Number.isSafeInteger(least) && Number.isSafeInteger(most)))
    throw new UserError(`expected whole numbers in \`from\` and \`to\`, got ${show(from)} and ${show(to)}`);
  const between = (share: number, end: number): number =>
    scale === 'log' ? least * (end / least) ** share : least + share * (end - least);
  const rounded = (value: number): number =>
    Math.min(most, Math.max(least, Number(value.toPrecision(SIGNIFICANT_DIGITS))));
  const written = (value: number): unknown => (unit === '' ? value : `${value} ${unit}`);
  return {
    draw: (share) =>
      written(integer ? Math.min(most, Math.floor(between(share, most + 1))) : rounded(between(share, most))),
    spaced: (points) => {
      const values = Array.from({ length: points }, (_, i) => {
        const value = between(points === 1 ? 0 : i / (points - 1), most);
        return integer ? Math.round(value) : rounded(value);
      });
      return [...new Set(values)].map(written);
    },
  };
}

/** Both as numbers of the first one's unit. */
function boundsOf(from: number | string, to: number | string): { least: number; most: number; unit: string } {
  const first = parts(from);
  const last = parts(to);
  if (first.unit === last.unit) return { least: first.number, most: last.number, unit: first.unit };
  for (const dimension of DIMENSIONS) {
    try {
      const ratio = parseQuantity(`1 ${last.unit}`, dimension) / parseQuantity(`1 ${first.unit}`, dimension);
      return { least: first.number, most: last.number * ratio, unit: first.unit };
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
    }
  }
  throw new UserError(`expected quantities of one kind, got ${show(from)} and ${show(to)}`);
}

function parts(bound: number | string): { number: number; unit: string } {
  const [, digits, unit] =
    /^\s*(-?\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d{1,3})?)\s*(.*?)\s*$/.exec(String(bound)) ?? [];
  const number = Number(digits?.replaceAll('_', ''));
  if (digits === undefined || !Number.isFinite(number))
    throw new UserError(`expected a number or a quantity such as "10 Gb/s", got ${show(bound)}`);
  return { number, unit: unit! };
}
