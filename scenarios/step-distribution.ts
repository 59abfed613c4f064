import type { StepDistribution } from './results.ts';

/** Points of a distribution besides those that must be there. */
const POINTS = 100;
/** Points of its upper tail, each half as far from the end as the one before. */
const TAIL_POINTS = 24;
/** Their order statistics are kept, so that they can be read off exactly. */
const QUANTILES = [0, 0.5, 0.9, 0.99, 1];

/** The empirical distribution of the steps of all trials; null where there are none. */
export function stepDistribution(trials: readonly Float64Array[]): StepDistribution | null {
  const sorted = Float64Array.from(trials.flatMap((trial) => [...trial])).sort();
  const n = sorted.length;
  if (n === 0) return null;
  const kept = new Set<number>();
  const keep = (position: number): void => {
    kept.add(Math.floor(position)).add(Math.ceil(position));
  };
  for (const q of QUANTILES) keep(q * (n - 1));
  if (n <= POINTS) for (let i = 0; i < n; i++) kept.add(i);
  for (let i = 1; i < POINTS; i++) kept.add(Math.round((i / POINTS) * (n - 1)));
  for (let i = 1; i <= TAIL_POINTS; i++) kept.add(n - 1 - Math.floor(n / 2 ** i));
  const seconds: number[] = [];
  const steps: number[] = [];
  for (const i of [...kept].filter((index) => index >= 0).sort((a, b) => a - b)) {
    const value = sorted[i]!;
    if (seconds.at(-1) === value) continue;
    seconds.push(value);
    steps.push(countUpTo(sorted, value));
  }
  return { seconds, steps };
}

/** How many of the ascending values are at most `value`. */
function countUpTo(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! <= value) low = middle + 1;
    else high = middle;
  }
  return low;
}
