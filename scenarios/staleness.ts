import type { Staleness } from './results.ts';

/** Of how many gradients were 0, 1, 2 … updates stale. */
export function stalenessOf(gradients: readonly number[]): Staleness {
  const total = gradients.reduce((sum, count) => sum + count, 0);
  const stale = gradients.reduce((sum, count, updates) => sum + count * updates, 0);
  const present = [...gradients.keys()].filter((updates) => gradients[updates]! > 0);
  const max = present.at(-1) ?? 0;
  return {
    mean: total === 0 ? 0 : stale / total,
    p50: atMost(gradients, 0.5 * total),
    p90: atMost(gradients, 0.9 * total),
    max,
    histogram:
      max === 0
        ? { updates: [], gradients: [] }
        : { updates: present, gradients: present.map((updates) => gradients[updates]!) },
  };
}

/** The least staleness that so many gradients do not exceed. */
function atMost(gradients: readonly number[], wanted: number): number {
  let seen = 0;
  for (const [updates, count] of gradients.entries()) {
    seen += count;
    if (seen >= wanted) return updates;
  }
  return 0;
}
