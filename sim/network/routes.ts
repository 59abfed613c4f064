/** Routes by number; equal lists of links have one number. */
export class RouteTable {
  readonly links: Int32Array[] = [];
  private readonly numbers = new Map<string, number>();

  add(links: Int32Array): number {
    const key = links.join();
    let number = this.numbers.get(key);
    if (number === undefined) {
      number = this.links.push(links) - 1;
      this.numbers.set(key, number);
    }
    return number;
  }
}
