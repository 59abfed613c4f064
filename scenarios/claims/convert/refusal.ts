/** Why a point cannot be mapped: not an error, but a line of the list of what was left out. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
}

/** The value, or the reason why a point is left out. */
export function required<T>(value: T | undefined, reason: string): T {
  if (value === undefined) throw new Refusal(reason);
  return value;
}
