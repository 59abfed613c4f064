/** Why points have no figures, and how many for the same reason: that is the first line of what was wrong. */
export class FailureReasons {
  readonly #found = new Map<string, { readonly reason: string; points: number; readonly index: number }>();

  add(index: number, why: string): void {
    const [reason = ''] = why.split('\n');
    const known = this.#found.get(reason);
    if (known === undefined) this.#found.set(reason, { reason, points: 1, index });
    else known.points++;
  }

  /** In the order in which they were met; `index` is the first point of each. */
  get(): { readonly reason: string; readonly points: number; readonly index: number }[] {
    return [...this.#found.values()];
  }
}
