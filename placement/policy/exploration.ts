import type { RandomStream } from '../../base/random.ts';

/** Draws of the standard Gumbel distribution, −ln(−ln u); u is kept off 0, where it has no value. */
export function gumbelNoise(count: number, random: RandomStream): Float32Array {
  return Float32Array.from({ length: count }, () => -Math.log(-Math.log(random.uniform() + 1e-12)));
}

/** From `first` down to 1, geometrically, over the first `until` of the search. */
export function temperatureAt(share: number, first: number, until: number): number {
  return first ** Math.max(0, 1 - share / until);
}
