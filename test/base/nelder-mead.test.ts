import { expect, test } from 'vitest';
import { nelderMead } from '../../base/nelder-mead.ts';

test('finds the least of a bowl, of a bent valley, and of a corner', () => {
  const bowl = nelderMead(([x, y]) => (x! - 3) ** 2 + 4 * (y! + 1) ** 2, [0, 0], { tolerance: 1e-14 });
  expect(bowl.x[0]).toBeCloseTo(3, 5);
  expect(bowl.x[1]).toBeCloseTo(-1, 5);
  // Rosenbrock's valley: least at (1, 1).
  const valley = nelderMead(([x, y]) => (1 - x!) ** 2 + 100 * (y! - x! ** 2) ** 2, [-1.2, 1], {
    tolerance: 1e-16,
    evaluations: 5000,
  });
  expect(valley.x[0]).toBeCloseTo(1, 4);
  expect(valley.x[1]).toBeCloseTo(1, 4);
  const corner = nelderMead(([x]) => Math.abs(x! - 0.25), [5], { tolerance: 1e-12 });
  expect(corner.x[0]).toBeCloseTo(0.25, 6);
});

test('is deterministic, and stops after so many evaluations', () => {
  let calls = 0;
  const f = ([x]: readonly number[]): number => {
    calls++;
    return x! ** 2;
  };
  const first = nelderMead(f, [100], { tolerance: 0, evaluations: 50 });
  // A step of the simplex may take as many more as it has points and two.
  expect(calls).toBeLessThanOrEqual(54);
  expect(nelderMead(f, [100], { tolerance: 0, evaluations: 50 })).toEqual(first);
});
