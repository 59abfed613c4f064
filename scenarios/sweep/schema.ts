import * as z from 'zod';
import { UserError } from '../../base/errors.ts';
import { either } from '../either.ts';
import { count, distinct, kinds, map } from '../fields.ts';
import { isMap } from '../overlay.ts';
import { type Range, rangeFields, rangeOf } from './range.ts';

/* The `sweep` of a scenario file, as users write it. */

/** Runs that one sweep may have. */
export const MOST_RUNS = 1_000_000;
const MOST_SEED = 2 ** 32 - 1;

const path = z.string().min(1).max(1000);

const choices = z.array(z.unknown()).min(1).max(MOST_RUNS).superRefine(distinct);

/** What a parameter may be: one of a list, or something between two values. */
export type Varied = { readonly choices: readonly unknown[] } | { readonly range: Range };

const list = choices.transform((values): Varied => ({ choices: values }));

const range = map(rangeFields).transform((fields, context): Varied => {
  try {
    return { range: rangeOf(fields) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    context.addIssue({ code: 'custom', message: error.message, input: fields });
    return z.NEVER;
  }
});

const spaced = map({
  ...rangeFields,
  points: count(1, MOST_RUNS).describe('How many values, first and last among them.'),
}).transform(({ points, ...fields }, context): Varied => {
  try {
    return { choices: rangeOf(fields).spaced(points) };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    context.addIssue({ code: 'custom', message: error.message, input: fields });
    return z.NEVER;
  }
});

const listOr = (other: z.ZodType<Varied>) =>
  either<Varied>([list, other], (input) => (isMap(input) ? other : list));

/** A parameter of a grid. */
export const spacedSchema = listOr(spaced);
const drawnSchema = listOr(range);

const seeds = either<number | number[]>(
  [count(1, MOST_RUNS), z.array(count(0, MOST_SEED)).min(1).max(10_000).superRefine(distinct)],
  (input) =>
    Array.isArray(input)
      ? z.array(count(0, MOST_SEED)).min(1).max(10_000).superRefine(distinct)
      : count(1, MOST_RUNS),
)
  .optional()
  .describe(
    'Each point is run with so many seeds, from that of the scenario on, or with these: the same for all points, which so meet the same luck. 1 if absent.',
  );

const grid = map({
  kind: z.literal('grid'),
  parameters: z
    .record(path, spacedSchema)
    .default({})
    .describe('The values of each path, as a list, or as so many between two; the last path varies fastest.'),
  seeds,
}).describe('Every combination of the values.');

const points = map({
  kind: z.literal('list'),
  points: z
    .array(z.record(path, z.unknown()))
    .min(1)
    .max(MOST_RUNS)
    .superRefine(alike)
    .describe('The values of each run by their paths, the same paths in all.'),
  seeds,
}).describe('The combinations that are listed.');

const drawn = (kind: 'random' | 'latin-hypercube', words: string) =>
  map({
    kind: z.literal(kind),
    samples: count(1, MOST_RUNS).describe('How many points are drawn.'),
    seed: count(0, MOST_SEED).default(1).describe('Of the points; that of the scenario is another.'),
    parameters: z
      .record(path, drawnSchema)
      .refine((parameters) => Object.keys(parameters).length > 0, { error: 'expected at least 1 path' })
      .describe('What each path may be: one of a list, or what is between two values.'),
    seeds,
  }).describe(words);

export const sweepSchema = kinds(
  'sweep',
  ['grid', 'list', 'random', 'latin-hypercube'],
  [
    grid,
    points,
    drawn('random', 'Points that are drawn independently.'),
    drawn(
      'latin-hypercube',
      'Points that are drawn so that each parameter has one value in each of as many equal parts of its range (McKay, Beckman and Conover 1979).',
    ),
  ],
);
export type SweepChoice = z.output<typeof sweepSchema>;

/** Refuses points that set other paths than the first. */
function alike(
  points: readonly Record<string, unknown>[],
  context: z.core.$RefinementCtx<readonly Record<string, unknown>[]>,
): void {
  const [first, ...others] = points;
  // That there is none is told elsewhere.
  if (first === undefined) return;
  const paths = Object.keys(first);
  for (const [i, point] of others.entries()) {
    const missing = paths.find((key) => !Object.hasOwn(point, key));
    const further = Object.keys(point).find((key) => !Object.hasOwn(first, key));
    const complain = (message: string, path: (string | number)[]) =>
      context.addIssue({ code: 'custom', message, path, input: points });
    if (missing !== undefined) complain(`it does not set ${missing}, which the first point does`, [i + 1]);
    if (further !== undefined) complain('the first point does not set this', [i + 1, further]);
  }
}
