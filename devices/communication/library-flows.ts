import type { CommunicationTime } from './communication-seconds.ts';
import type { GroupPaths } from './group-paths.ts';

/** Columns: rank that sends, rank that receives, bytes. */
export interface LibraryFlows {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly bytes: Float64Array;
}

/**
 * What a collective puts on the links: around the rings of each host, and from each rank to the one in its place on the next
 * host. (The library lays each of its rings through all hosts, entering and leaving by another rank each; summed over
 * its rings, links carry the same.)
 */
export function libraryFlows(
  { withinHost, betweenHosts }: Pick<CommunicationTime, 'withinHost' | 'betweenHosts'>,
  { hosts, perHost, within }: GroupPaths,
): LibraryFlows {
  const from: number[] = [];
  const to: number[] = [];
  const bytes: number[] = [];
  const add = (sender: number, receiver: number, size: number): void => {
    from.push(sender);
    to.push(receiver);
    bytes.push(size);
  };
  for (const [h, ranks] of hosts.entries()) {
    const known = ranks.length === perHost ? within?.rings?.orders : undefined;
    const orders = known ?? [ranks.map((_, i) => i)];
    if (ranks.length > 1)
      for (const order of orders)
        for (const [i, place] of order.entries())
          add(ranks[place]!, ranks[order[(i + 1) % order.length]!]!, withinHost / orders.length);
    if (hosts.length === 1 || betweenHosts === 0) continue;
    const next = hosts[(h + 1) % hosts.length]!;
    const rails = Math.min(ranks.length, next.length);
    for (let rail = 0; rail < rails; rail++) add(ranks[rail]!, next[rail]!, betweenHosts / rails);
  }
  return { from: Int32Array.from(from), to: Int32Array.from(to), bytes: Float64Array.from(bytes) };
}
