import { expect, it } from 'vitest';
import { divisorsNear } from '../../base/divisors.ts';

it.each([
  [12, 5, '4 and 6'],
  [12, 4, '4'],
  [7, 3, '1 and 7'],
  [6, 9, '6'],
  [1, 4, '1'],
  [8, 0, '1'],
])('of %i next to %i: %s', (whole, wanted, expected) => {
  expect(divisorsNear(whole, wanted)).toBe(expected);
});
