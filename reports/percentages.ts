/** Tenths of a percent. */
const UNITS = 1000;

/**
 * Shares of a whole as percentages with one decimal that sum to exactly 100 (the method of largest remainders), whatever the
 * shares sum to. All of nothing is the last.
 */
export function percentages(shares: readonly number[]): string[] {
  const sum = shares.reduce((a, b) => a + b, 0);
  const whole = sum > 0 ? shares : shares.map((_, i) => (i === shares.length - 1 ? 1 : 0));
  const exact = whole.map((share) => (share / (sum > 0 ? sum : 1)) * UNITS);
  const units = exact.map(Math.floor);
  let left = UNITS - units.reduce((a, b) => a + b, 0);
  const byRemainder = [...exact.keys()].sort(
    (a, b) => exact[b]! - units[b]! - (exact[a]! - units[a]!) || a - b,
  );
  for (const i of byRemainder) {
    if (left-- <= 0) break;
    units[i]!++;
  }
  return units.map((unit) => `${(unit / 10).toFixed(1)} %`);
}
