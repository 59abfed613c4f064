import type { ClusterLink } from '../devices/cluster.ts';

/**
 * How many times as long a transfer on an idle network takes because equal ones run beside it: links are shared evenly, and
 * the one on which it gets least sets the pace. 1 where it shares none that matter.
 *
 * @param route numbers of links in order; empty within a device. `others`: the routes of the transfers beside it.
 */
export function crowding(
  links: readonly ClusterLink[],
  route: Int32Array,
  others: readonly Int32Array[],
): number {
  const flows = new Map(Array.from(route, (link) => [link, 1]));
  for (const other of others) {
    for (const link of other) {
      const known = flows.get(link);
      if (known !== undefined) flows.set(link, known + 1);
    }
  }
  let alone = 0;
  let shared = 0;
  for (const [link, count] of flows) {
    const secondsPerByte = 1 / links[link]!.model.bytesPerSecond.value;
    alone = Math.max(alone, secondsPerByte);
    shared = Math.max(shared, count * secondsPerByte);
  }
  return alone === 0 ? 1 : shared / alone;
}
