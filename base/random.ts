import seedrandom from 'seedrandom';

/** One named source of randomness. Draws depend on nothing but the seed, the name and how many came before. */
export interface RandomStream {
  /** Uniform in [0, 1). */
  uniform(): number;
  /** Standard normal. Always consumes two uniforms, so that the k-th draw does not depend on earlier values. */
  normal(): number;
  /** Uniform integer in [0, n). */
  below(n: number): number;
  /** Exponential with this mean, from one uniform. */
  exponential(mean: number): number;
}

/**
 * The stream named `name` under `seed`, e.g. `stream(7, 'straggler', 'worker', 3)`.
 * Streams of different names are independent; the same name always gives the same draws, so two strategies
 * compared under one seed meet the same bad luck.
 */
export function stream(seed: number | string, ...name: readonly (string | number)[]): RandomStream {
  const next = seedrandom.alea(JSON.stringify([seed, ...name]));
  return {
    uniform: () => next.quick(),
    normal: () => {
      // Box–Muller; 1 − u keeps the logarithm's argument above zero.
      const radius = Math.sqrt(-2 * Math.log(1 - next.quick()));
      return radius * Math.cos(2 * Math.PI * next.quick());
    },
    below: (n) => Math.floor(next.quick() * n),
    exponential: (mean) => -mean * Math.log1p(-next.quick()),
  };
}
