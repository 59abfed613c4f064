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
  const names = [...new Set(parts.flatMap(({ graph }) => graph.name))];
  const scopeOfName = scopesOfNames(names, MOST_SCOPES);
  const places = new Map<string, number>();
  for (const scope of scopeOfName) getOrMake(places, scope, () => places.size);
  const { scopes, placeOf } = joined(counted(parts, names, scopeOfName, places, deviceNames.length));
  const scopeOf = new Map(names.map((name, i) => [name, placeOf[places.get(scopeOfName[i]!)!]!]));
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
  names: readonly string[],
  scopeOfName: readonly string[],
  places: ReadonlyMap<string, number>,
  deviceCount: number,
): Scope[] {
  const scopes = [...places.keys()].map((name) => ({
    name,
    last: name,
    nodes: 0,
    flops: 0,
    nodesPerDevice: new Float64Array(deviceCount),
  }));
  const left = new Map(names.map((name, i) => [name, scopes[places.get(scopeOfName[i]!)!]!]));
  for (const { graph, deviceOf } of parts) {
    const work = graphWork(graph);
    for (const [node, name] of graph.name.entries()) {
      const scope = left.get(name);
      if (scope === undefined) continue;
      left.delete(name);
      scope.nodes++;
      scope.flops += work[node]!.flops;
      scope.nodesPerDevice[deviceOf[node]!]!++;
    }
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
  scopeOf: ReadonlyMap<string, number>,
  count: number,
): PlacedEdge[] {
  const bytes = new Float64Array(count * count);
  const crossing = new Float64Array(count * count);
  for (const { graph, deviceOf } of parts) {
    const { inputStart, input, producer, spec } = graph;
    const scope = Int32Array.from(graph.name, (name) => scopeOf.get(name)!);
    // Per tensor and reading scope: whether a reader there is on another device.
    const readings = new Map<number, boolean>();
    for (let node = 0; node < graph.nodeCount; node++) {
      for (let e = inputStart[node]!; e < inputStart[node + 1]!; e++) {
        const tensor = input[e]!;
        const crosses = deviceOf[producer[tensor]!] !== deviceOf[node];
        if (!crosses && scope[producer[tensor]!] === scope[node]) continue;
        const key = tensor * count + scope[node]!;
        readings.set(key, crosses || readings.get(key) === true);
      }
    }
    for (const [key, crosses] of readings) {
      const tensor = Math.floor(key / count);
      const place = scope[producer[tensor]!]! * count + (key % count);
      const size = byteCount(spec[tensor]!);
      bytes[place]! += size;
      if (crosses) crossing[place]! += size;
    }
  }
  return Array.from(bytes.entries()).flatMap(([place, size]) =>
    size > 0
      ? [
          {
            from: Math.floor(place / count),
            to: place % count,
            bytes: size,
            crossingBytes: crossing[place]!,
          },
        ]
      : [],
  );
}
