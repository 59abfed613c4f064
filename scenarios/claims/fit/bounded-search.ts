import { nelderMead } from '../../../base/nelder-mead.ts';

/** A parameter that is searched for: where it begins, and what it cannot be beyond. All greater than zero. */
export interface SearchedParameter {
  readonly start: number;
  readonly least: number;
  readonly most: number;
}

/** Figures that are kept of a fitted parameter: more would say nothing, and differ between processors. */
const FIGURES = 3;

/**
 * The parameters for which `error` is least. The search (Nelder and Mead) is over a logistic function of each logarithm,
 * which stays inside the bounds, and begins again at its own result, from a fresh simplex, until that helps no more.
 */
export function boundedSearch<P extends string>(
  parameters: Readonly<Record<P, SearchedParameter>>,
  error: (values: Readonly<Record<P, number>>) => number,
  { evaluations = 600, restarts = 3 } = {},
): Readonly<Record<P, number>> {
  const names = Object.keys(parameters) as P[];
  const valuesAt = (x: readonly number[]): Record<P, number> => {
    const values = {} as Record<P, number>;
    for (const [i, name] of names.entries()) {
      const { least, most } = parameters[name];
      const share = 1 / (1 + Math.exp(-x[i]!));
      values[name] = least * (most / least) ** share;
    }
    return values;
  };
  let x: readonly number[] = names.map((name) => {
    const { start, least, most } = parameters[name];
    const share = Math.log(start / least) / Math.log(most / least);
    return Math.log(share / (1 - share));
  });
  let value = Number.POSITIVE_INFINITY;
  for (let restart = 0; restart <= restarts; restart++) {
    const step = restart % 2 === 0 ? 0.6 : -0.6;
    const found = nelderMead((at) => error(valuesAt(at)), x, { step, evaluations });
    const done = found.value > value * (1 - 1e-3);
    if (found.value < value) ({ x, value } = found);
    if (done) break;
  }
  const values = valuesAt(x);
  for (const name of names) values[name] = Number(values[name].toPrecision(FIGURES));
  return values;
}
