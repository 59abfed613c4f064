import { invariant } from './errors.ts';

/**
 * The point near `start` at which `f` is least, by the downhill simplex method (Nelder and Mead, "A simplex method for function
 * minimization", Computer Journal 1965, with the usual coefficients 1, 2, 1/2, 1/2). Needs no derivatives, so `f` may have steps
 * and corners. Deterministic: the first simplex is `start` and one point per axis, `step` away. Stops when the simplex' values
 * differ by less than `tolerance`, or after `evaluations` of `f`.
 */
export function nelderMead(
  f: (x: readonly number[]) => number,
  start: readonly number[],
  { step = 0.3, tolerance = 1e-6, evaluations = 2000 } = {},
): { readonly x: readonly number[]; readonly value: number } {
  invariant(start.length > 0, 'nothing to search over');
  let left = evaluations;
  const at = (x: readonly number[]): Vertex => {
    left--;
    return { x, value: f(x) };
  };
  const simplex = [start, ...start.map((_, i) => start.map((x, j) => (i === j ? x + step : x)))].map(at);
  const last = simplex.length - 1;
  for (;;) {
    simplex.sort((a, b) => a.value - b.value);
    const [best, worst] = [simplex[0]!, simplex[last]!];
    if (left <= 0 || worst.value - best.value < tolerance) return best;
    const centre = start.map((_, i) => simplex.slice(0, last).reduce((sum, { x }) => sum + x[i]!, 0) / last);
    // On the line from the worst point through the centre of the others.
    const along = (factor: number): Vertex => at(centre.map((c, i) => c + factor * (c - worst.x[i]!)));
    const reflected = along(1);
    if (reflected.value < best.value) {
      const expanded = along(2);
      simplex[last] = expanded.value < reflected.value ? expanded : reflected;
    } else if (reflected.value < simplex[last - 1]!.value) {
      simplex[last] = reflected;
    } else {
      const contracted = along(reflected.value < worst.value ? 0.5 : -0.5);
      if (contracted.value < Math.min(reflected.value, worst.value)) simplex[last] = contracted;
      else {
        for (let i = 1; i <= last; i++) {
          simplex[i] = at(simplex[i]!.x.map((x, j) => best.x[j]! + (x - best.x[j]!) / 2));
        }
      }
    }
  }
}

interface Vertex {
  readonly x: readonly number[];
  readonly value: number;
}
