// Hot file: columns of millions of numbers are written with it.

/** Integers, appended. (Growing arrays of numbers keep the garbage collector busy.) */
export class IntColumn {
  length = 0;
  private values = new Int32Array(1024);

  /** Appends; returns the place. */
  push(value: number): number {
    if (this.length === this.values.length) {
      const longer = new Int32Array(2 * this.length);
      longer.set(this.values);
      this.values = longer;
    }
    this.values[this.length] = value;
    return this.length++;
  }

  at(place: number): number {
    return this.values[place]!;
  }

  finish(): Int32Array {
    return this.values.slice(0, this.length);
  }
}
