/** What must hold, counted; what does not is told at the end. */
export class Checks {
  count = 0;
  readonly failures: string[] = [];

  /** `holds`, or else `failure` says what was expected and what came. */
  check(holds: boolean, failure: string): void {
    this.count++;
    if (!holds) this.failures.push(failure);
  }

  /** A value that must be another, to `tolerance` of it. */
  equal(what: string, actual: number, expected: number, tolerance = 1e-9): void {
    const holds = Math.abs(actual - expected) <= tolerance * Math.abs(expected);
    this.check(holds, `${what}: ${actual}, expected ${expected}`);
  }

  /** A value that may not be above another. */
  atMost(what: string, actual: number, limit: number, tolerance = 1e-9): void {
    const holds = actual <= limit + tolerance * Math.abs(limit);
    this.check(holds, `${what}: ${actual}, expected at most ${limit}`);
  }
}
