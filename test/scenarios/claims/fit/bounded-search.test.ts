import { expect, test } from 'vitest';
import { boundedSearch } from '../../../../scenarios/claims/fit/bounded-search.ts';
import { residualsOf, robustError } from '../../../../scenarios/claims/fit/residuals.ts';

test('finds parameters inside their bounds, with three figures', () => {
  const bounds = { start: 1, least: 0.01, most: 100 };
  const found = boundedSearch(
    { a: bounds, b: bounds },
    ({ a, b }) => Math.abs(Math.log(a / 0.12345)) + Math.log(b / 7) ** 2,
  );
  expect(found).toEqual({ a: 0.123, b: 7 });
});

test('ends at a bound where the least is beyond it', () => {
  const found = boundedSearch({ a: { start: 1, least: 0.5, most: 2 } }, ({ a }) => -a);
  expect(found.a).toBeCloseTo(2, 2);
  expect(found.a).toBeLessThanOrEqual(2);
});

test('errors: in per cent as reported; far points count little for the search', () => {
  expect(residualsOf([1.1, 0.9, 1.3])).toEqual({ points: 3, meanAbsolutePercent: 16.67, biasPercent: 10 });
  const near = Math.exp(0.2);
  expect(robustError([near, 1 / near])).toBeCloseTo(0.2, 12);
  // 0.25 + (2 − 0.25) / 4
  expect(robustError([Math.exp(2)])).toBeCloseTo(0.6875, 12);
});
