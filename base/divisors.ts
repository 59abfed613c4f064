/** The divisors of `whole` next to `wanted`, below and above, in words: of 12, next to 5, `4 and 6`. */
export function divisorsNear(whole: number, wanted: number): string {
  let below = Math.max(1, Math.min(wanted, whole));
  while (whole % below !== 0) below--;
  let above = Math.max(1, Math.min(wanted, whole));
  while (whole % above !== 0) above++;
  return [...new Set([below, above])].join(' and ');
}
