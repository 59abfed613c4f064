import { getOrMake } from '../base/get-or-make.ts';
import { graphWork } from '../graph/cost.ts';
import type { Graph } from '../graph/graph.ts';
import { byteCount } from '../graph/tensor-spec.ts';
import type { PlacedEdge, PlacedGraph } from './results.ts';
import { GRADIENTS, scopesOfNames, stemOf } from './scope-names.ts';

/** A drawing of more scopes shows none. */
const MOST_SCOPES = 60;

/** A graph with a device for each of its nodes: its index in a list of names. */
export interface PlacedPart {
  readonly graph: Graph;
  readonly deviceOf: ArrayLike<number>;
}

interface Scope {
  readonly name: string;
  /** First and last of the scopes that were joined. */
  readonly last: string;
  readonly nodes: number;
  readonly flops: number;
  readonly nodesPerDevice: Float64Array;
}

/**
 * Graphs with devices, collapsed to at most 60 scopes of names. Where that is not enough, numbered neighbours on one device are
 * joined (`block0 … block11`), then whatever is next to each other. Scopes are in the order of their first nodes, which is
 * topological. Nodes of one name in several graphs count once; a tensor counts once for each scope that reads it, and as
 * crossing where a reader there is on another device.
 */
export function placedGraph(
  of: string,
  parts: readonly PlacedPart[],
  deviceNames: readonly string[],
): PlacedGraph {
  const names = parts.flatMap(({ graph }) => graph.name);
  const all = scopesOfNames(names, MOST_SCOPES);
  const places = new Map<string, number>();
  const fine = Int32Array.from(all, (scope) => getOrMake(places, scope, () => places.size));
  let before = 0;
  const fineOf = parts.map(({ graph }) => {
    before += graph.nodeCount;
    return fine.subarray(before - graph.nodeCount, before);
  });
  const { scopes, placeOf } = joined(counted(parts, fineOf, [...places.keys()], deviceNames.length));
  const scopeOf = fineOf.map((ofPart) => ofPart.map((place) => placeOf[place]!));
  const used = deviceNames.map((_, d) => d).filter((d) => scopes.some((s) => s.nodesPerDevice[d]! > 0));
  return {
    of,
    devices: used.map((d) => deviceNames[d]!),
    scopes: scopes.map(({ name, last, nodes, flops, nodesPerDevice }) => ({
      name: name === last ? name : `${name} … ${last.replace(GRADIENTS, '')}`,
      nodes,
      flops,
      nodesPerDevice: used.map((d) => nodesPerDevice[d]!),
    })),
    edges: edgesBetween(parts, scopeOf, scopes.length),
  };
}

/** What is in each scope. */
function counted(
  parts: readonly PlacedPart[],
  scopeOf: readonly Int32Array[],
  names: readonly string[],
  deviceCount: number,
): Scope[] {
  const scopes = names.map((name) => ({
    name,
    last: name,
    nodes: 0,
    flops: 0,
    nodesPerDevice: new Float64Array(deviceCount),
  }));
  const seen = new Set<string>();
  for (const [p, { graph, deviceOf }] of parts.entries()) {
    const work = graphWork(graph);
    for (let node = 0; node < graph.nodeCount; node++) {
      if (seen.has(graph.name[node]!)) continue;
      const scope = scopes[scopeOf[p]![node]!]!;
      scope.nodes++;
      scope.flops += work[node]!.flops;
      scope.nodesPerDevice[deviceOf[node]!]!++;
    }
    // Within a graph names are unique.
    if (p < parts.length - 1) for (const name of graph.name) seen.add(name);
  }
  return scopes;
}

/** Few enough scopes, and in which of them each of the given ones is. */
function joined(scopes: readonly Scope[]): { scopes: readonly Scope[]; placeOf: readonly number[] } {
  if (scopes.length <= MOST_SCOPES) return { scopes, placeOf: scopes.map((_, i) => i) };
  const device = scopes.map(({ nodesPerDevice }) => nodesPerDevice.indexOf(Math.max(...nodesPerDevice)));
  const alike = runs(
    scopes,
    (i) => stemOf(scopes[i]!.name) === stemOf(scopes[i - 1]!.name) && device[i] === device[i - 1],
  );
  if (alike.scopes.length <= MOST_SCOPES) return alike;
  const within = placesInRuns(alike.scopes.map(({ name }) => stemOf(name)));
  const longest = Math.max(...within) + 1;
  let fewer = alike;
  for (let size = 2; fewer.scopes.length > MOST_SCOPES && size < 2 * longest; size *= 2)
    fewer = runs(alike.scopes, (i) => within[i]! % size !== 0);
  const size = Math.ceil(fewer.scopes.length / MOST_SCOPES);
  const cut = runs(fewer.scopes, (i) => i % size !== 0);
  const first = fewer === alike ? alike.placeOf : alike.placeOf.map((place) => fewer.placeOf[place]!);
  return { scopes: cut.scopes, placeOf: first.map((place) => cut.placeOf[place]!) };
}

/** How many equal ones come right before each. */
function placesInRuns(texts: readonly string[]): number[] {
  let place = 0;
  return texts.map((text, i) => {
    place = i > 0 && text === texts[i - 1] ? place + 1 : 0;
    return place;
  });
}

/** Runs of neighbours as one scope each: scope i joins the one before where `continues(i)`. */
function runs(
  scopes: readonly Scope[],
  continues: (i: number) => boolean,
): { scopes: readonly Scope[]; placeOf: readonly number[] } {
  const all: Scope[] = [];
  const placeOf = scopes.map((scope, i) => {
    const before = all.at(-1);
    if (before === undefined || !continues(i)) return all.push(scope) - 1;
    all[all.length - 1] = {
      name: before.name,
      last: scope.last,
      nodes: before.nodes + scope.nodes,
      flops: before.flops + scope.flops,
      nodesPerDevice: before.nodesPerDevice.map((count, d) => count + scope.nodesPerDevice[d]!),
    };
    return all.length - 1;
  });
  return { scopes: all, placeOf };
}

/** Tensors from scope to scope; within one, only where something crosses devices. */
function edgesBetween(
  parts: readonly PlacedPart[],
  scopeOf: readonly Int32Array[],
  count: number,
): PlacedEdge[] {
  const bytes = new Float64Array(count * count);
  const crossing = new Float64Array(count * count);
  for (const [p, { graph, deviceOf }] of parts.entries()) {
    const scope = scopeOf[p]!;
    const { start, reader } = readersOf(graph);
    // Per scope: the last tensor that it was found to read, and to read from another device.
    const reads = new Int32Array(count).fill(-1);
    const crosses = new Int32Array(count).fill(-1);
    for (let tensor = 0; tensor < graph.tensorCount; tensor++) {
      const from = graph.producer[tensor]!;
      const size = byteCount(graph.spec[tensor]!);
      for (let r = start[tensor]!; r < start[tensor + 1]!; r++) {
        const to = scope[reader[r]!]!;
        const place = scope[from]! * count + to;
        const isAway = deviceOf[from] !== deviceOf[reader[r]!];
        if (reads[to] !== tensor && (isAway || to !== scope[from])) {
          reads[to] = tensor;
          bytes[place]! += size;
        }
        if (isAway && crosses[to] !== tensor) {
          crosses[to] = tensor;
          crossing[place]! += size;
        }
      }
    }
  }
  return Array.from(bytes.entries()).flatMap(([place, size]) => {
    if (size === 0) return [];
    const [from, to] = [Math.floor(place / count), place % count];
    return [{ from, to, bytes: size, crossingBytes: crossing[place]! }];
  });
}

/** CSR: the nodes that read each tensor. */
function readersOf({ nodeCount, tensorCount, input, inputStart }: Graph): {
  start: Int32Array;
  reader: Int32Array;
} {
  const start = new Int32Array(tensorCount + 1);
  for (const tensor of input) start[tensor + 1]!++;
  for (let tensor = 0; tensor < tensorCount; tensor++) start[tensor + 1]! += start[tensor]!;
  const cursor = start.slice();
  const reader = new Int32Array(input.length);
  for (let node = 0; node < nodeCount; node++) {
    for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) reader[cursor[input[e]!]!++] = node;
  }
  return { start, reader };
}
