import type { Graph } from '../../graph/graph.ts';
import { byteCount } from '../../graph/tensor-spec.ts';
import type { Placement } from '../../placement/placer.ts';

/** What the oracle needs of a machine. */
export interface Machine {
  readonly seconds: (node: number, device: number) => number;
  readonly latency: number;
  readonly bytesPerSecond: number;
  /** Whether transfers that leave one device queue up behind each other. */
  readonly sharedEgress?: boolean;
}

/**
 * Step time by plain list scheduling, as an oracle that shares no code with the simulator: a device runs one node at
 * a time, first ready first served (ties: lowest id); each tensor crosses once per target device, in
 * latency + bytes / bandwidth.
 */
export function listSchedule(graph: Graph, placement: Placement, machine: Machine): number {
  const { nodeCount } = graph;
  const pending = new Int32Array(nodeCount);
  const readyAt = new Float64Array(nodeCount);
  const consumers = consumersOf(graph);
  for (const list of consumers) for (const { node } of list) pending[node]!++;
  const free = new Map<number, number>();
  const egress = new Map<number, number>();
  const events = new Heap();
  for (let node = 0; node < nodeCount; node++) if (pending[node] === 0) events.push(0, node);
  let makespan = 0;
  let finished = 0;
  while (events.length > 0) {
    const [now, subject] = events.pop();
    if (subject < nodeCount) {
      const device = placement[subject]!;
      const end = Math.max(now, free.get(device) ?? 0) + machine.seconds(subject, device);
      free.set(device, end);
      events.push(end, nodeCount + subject);
      continue;
    }
    const from = subject - nodeCount;
    finished++;
    makespan = Math.max(makespan, now);
    const arrivals = new Map<string, number>();
    for (const { node, tensor } of consumers[from]!) {
      const to = placement[node]!;
      let arrival = now;
      if (to !== placement[from]) {
        const key = `${tensor}>${to}`;
        if (!arrivals.has(key)) {
          const seconds = (tensor < 0 ? 0 : byteCount(graph.spec[tensor]!)) / machine.bytesPerSecond;
          const start = machine.sharedEgress ? Math.max(now, egress.get(placement[from]!) ?? 0) : now;
          egress.set(placement[from]!, start + seconds);
          arrivals.set(key, start + seconds + machine.latency);
        }
        arrival = arrivals.get(key)!;
      }
      readyAt[node] = Math.max(readyAt[node]!, arrival);
      if (--pending[node]! === 0) events.push(readyAt[node]!, node);
    }
  }
  if (finished !== nodeCount) throw new Error('the oracle did not finish');
  return makespan;
}

interface Consumer {
  readonly node: number;
  /** −1 for a control edge. */
  readonly tensor: number;
}

const cache = new WeakMap<Graph, readonly (readonly Consumer[])[]>();

function consumersOf(graph: Graph): readonly (readonly Consumer[])[] {
  const known = cache.get(graph);
  if (known !== undefined) return known;
  const consumers: Consumer[][] = Array.from({ length: graph.nodeCount }, () => []);
  for (let node = 0; node < graph.nodeCount; node++) {
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      const tensor = graph.input[e]!;
      consumers[graph.producer[tensor]!]!.push({ node, tensor });
    }
    for (let e = graph.controlStart[node]!; e < graph.controlStart[node + 1]!; e++) {
      consumers[graph.control[e]!]!.push({ node, tensor: -1 });
    }
  }
  cache.set(graph, consumers);
  return consumers;
}

/** Binary heap by (time, subject). */
class Heap {
  private readonly items: (readonly [number, number])[] = [];

  get length(): number {
    return this.items.length;
  }

  push(time: number, subject: number): void {
    const { items } = this;
    let at = items.push([time, subject]) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.before(at, parent)) break;
      this.swap(at, parent);
      at = parent;
    }
  }

  pop(): readonly [number, number] {
    const { items } = this;
    const first = items[0]!;
    const last = items.pop()!;
    if (items.length > 0) {
      items[0] = last;
      let at = 0;
      for (;;) {
        let least = at;
        for (const child of [2 * at + 1, 2 * at + 2]) {
          if (child < items.length && this.before(child, least)) least = child;
        }
        if (least === at) break;
        this.swap(at, least);
        at = least;
      }
    }
    return first;
  }

  private before(a: number, b: number): boolean {
    const [x, y] = [this.items[a]!, this.items[b]!];
    return x[0] < y[0] || (x[0] === y[0] && x[1] < y[1]);
  }

  private swap(a: number, b: number): void {
    const { items } = this;
    [items[a], items[b]] = [items[b]!, items[a]!];
  }
}
