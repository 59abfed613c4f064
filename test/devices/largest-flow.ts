import type { Cluster } from '../../devices/cluster.ts';

/**
 * The most bytes per second that devices of one set can send to those of another at once, over any routes: the largest
 * flow, hence the smallest cut (Edmonds and Karp, JACM 1972). Devices pass nothing on. An oracle of its own: it
 * sees a cluster's drawing and link models, not its routes.
 */
export function largestFlow(cluster: Cluster, from: readonly number[], to: readonly number[]): number {
  const { topology, links, devices } = cluster;
  const nodes = topology.nodes();
  const number = new Map(nodes.map((name, index) => [name, index]));
  const place = (device: number): number => {
    const { name } = devices[device]!;
    return number.get(topology.getNodeAttribute(name, 'attachedTo') ?? name)!;
  };
  const [source, sink] = [nodes.length, nodes.length + 1];
  const heads: number[] = [];
  const room: number[] = [];
  const leaving: number[][] = Array.from({ length: nodes.length + 2 }, () => []);
  const add = (a: number, b: number, capacity: number): void => {
    leaving[a]!.push(heads.push(b) - 1);
    room.push(capacity);
    leaving[b]!.push(heads.push(a) - 1);
    room.push(0);
  };
  topology.forEachEdge((edge, _, a, b) =>
    add(number.get(a)!, number.get(b)!, links[Number(edge)]!.model.bytesPerSecond.value),
  );
  for (const device of from) add(source, place(device), Number.POSITIVE_INFINITY);
  for (const device of to) add(place(device), sink, Number.POSITIVE_INFINITY);

  for (let flow = 0; ; ) {
    const reachedBy = new Int32Array(nodes.length + 2).fill(-1);
    const queue = [source];
    for (let head = 0; head < queue.length && reachedBy[sink] === -1; head++) {
      for (const arc of leaving[queue[head]!]!) {
        const next = heads[arc]!;
        if (room[arc]! <= 0 || next === source || reachedBy[next] !== -1) continue;
        reachedBy[next] = arc;
        queue.push(next);
      }
    }
    if (reachedBy[sink] === -1) return flow;
    let least = Number.POSITIVE_INFINITY;
    for (let node = sink; node !== source; node = heads[reachedBy[node]! ^ 1]!)
      least = Math.min(least, room[reachedBy[node]!]!);
    for (let node = sink; node !== source; node = heads[reachedBy[node]! ^ 1]!) {
      room[reachedBy[node]!]! -= least;
      room[reachedBy[node]! ^ 1]! += least;
    }
    flow += least;
  }
}
