import { DisjointSets } from '../graph/disjoint-sets.ts';
import type { Graph } from '../graph/graph.ts';
import type { Constraints } from './constraints.ts';
import type { PlacementProblem } from './problem.ts';

/** Nodes that a search places together. All of them have the same feasible devices, two or more. */
export interface OpGroup {
  readonly name: string;
  readonly feasible: readonly number[];
  /** The innermost block that it lies in. */
  readonly block: number;
}

/** A part of the graph that may move as one: a name scope that holds several groups or blocks. */
export interface Block {
  readonly name: string;
  /** The enclosing block, always with a lower index; −1 for block 0, the whole graph. */
  readonly parent: number;
}

export interface OpGroups {
  readonly groups: readonly OpGroup[];
  readonly blocks: readonly Block[];
  /** Per node: its op group; −1 where its constraints leave no choice. */
  readonly groupOf: Int32Array;
}

/** Colocation groups that a layer cannot do without each other: the least that moves. */
interface Unit {
  /** Smallest node id. */
  readonly first: number;
  readonly feasible: readonly number[];
  seconds: number;
}

interface Scope {
  readonly path: string;
  readonly children: Map<string, Scope>;
  readonly units: Unit[];
  seconds: number;
}

/**
 * About `target` op groups, by name scopes: the scope with most work is opened next, until there are enough; what
 * is too light to matter stays together. Where scopes run out first, the heaviest layers are cut into runs of
 * consecutive units.
 *
 * A layer stays whole: gradients go with their forward node. Its parameters, with their updates and what only their
 * updates need (a convolution's filter gradient), are a scope of their own inside the layer, named `(parameters)`,
 * because that part of the backward pass is off the critical path and is worth moving where it is heavy.
 */
export function opGroups(graph: Graph, constraints: Constraints, target: number): OpGroups {
  const unitOf = unitsOf(graph, constraints);
  const units = new Map<number, Unit>();
  for (let node = 0; node < graph.nodeCount; node++) {
    const feasible = constraints.feasible[node]!;
    if (feasible.length < 2) continue;
    const first = unitOf[node]!;
    const unit = units.get(first) ?? { first, feasible, seconds: 0 };
    units.set(first, unit);
    unit.seconds += Math.min(
      ...feasible.map((d) => constraints.seconds[node * constraints.deviceCount + d]!),
    );
  }
  const blocks: Block[] = [{ name: '', parent: -1 }];
  const bundles = openScopes(scopeTree(graph, [...units.values()]), blocks, target);
  return finish(graph, unitOf, blocks, refined(bundles, blocks, target).flatMap(byFeasibility));
}

/** Each colocation group that has a choice, alone: where there are no name scopes to go by. */
export function groupsAlone(
  name: readonly string[],
  {
    group,
    memberStart,
    member,
    feasible,
  }: Pick<PlacementProblem, 'group' | 'memberStart' | 'member' | 'feasible'>,
): OpGroups {
  const numberOf = new Int32Array(feasible.length).fill(-1);
  let count = 0;
  for (const [g, devices] of feasible.entries()) if (devices.length > 1) numberOf[g] = count++;
  return {
    groups: feasible.flatMap((devices, g) =>
      devices.length > 1 ? [{ name: name[member[memberStart[g]!]!]!, feasible: devices, block: 0 }] : [],
    ),
    blocks: [{ name: '', parent: -1 }],
    groupOf: group.map((g) => numberOf[g]!),
  };
}

/** Opens scopes, heaviest first, while there are fewer than `target` parts. Adds the opened ones to `blocks`. */
function openScopes(root: Scope, blocks: Block[], target: number): Bundle[] {
  const grain = root.seconds / (10 * target);
  const closed: Bundle[] = [];
  const waiting: { scope: Scope; block: number }[] = [{ scope: root, block: 0 }];
  while (waiting.length > 0 && closed.length + waiting.length < target) {
    let heaviest = 0;
    for (const [i, { scope }] of waiting.entries()) {
      if (scope.seconds > waiting[heaviest]!.scope.seconds) heaviest = i;
    }
    const { scope, block } = waiting.splice(heaviest, 1)[0]!;
    const children = [...scope.children.values()];
    const parts = children.filter((child) => child.seconds >= grain);
    const rest = [...scope.units, ...children.filter((child) => child.seconds < grain).flatMap(unitsBelow)];
    const alone = parts.length + Math.min(rest.length, 1) < 2;
    const inside = scope === root || alone ? block : blocks.push({ name: scope.path, parent: block }) - 1;
    for (const part of parts) waiting.push({ scope: part, block: inside });
    if (rest.length > 0) closed.push({ name: scope.path, block: inside, units: rest });
  }
  for (const { scope, block } of waiting) closed.push({ name: scope.path, block, units: unitsBelow(scope) });
  return closed;
}

/** Units of one scope that are to be placed together. */
interface Bundle {
  readonly name: string;
  readonly block: number;
  readonly units: readonly Unit[];
}

/** Cuts the heaviest bundles into runs of consecutive units while there are fewer than `target` bundles. */
function refined(bundles: readonly Bundle[], blocks: Block[], target: number): Bundle[] {
  let spare = target - bundles.length;
  const weight = (bundle: Bundle): number => bundle.units.reduce((sum, unit) => sum + unit.seconds, 0);
  const heaviestFirst = bundles
    .map((bundle) => ({ bundle, seconds: weight(bundle) }))
    .sort((a, b) => b.seconds - a.seconds);
  return heaviestFirst.flatMap(({ bundle, seconds }) => {
    const parts = Math.min(bundle.units.length, spare + 1);
    if (parts < 2) return [bundle];
    spare -= parts - 1;
    const name = blocks[bundle.block]!.name;
    const block =
      name === bundle.name ? bundle.block : blocks.push({ name: bundle.name, parent: bundle.block }) - 1;
    return runs(bundle.units, parts, seconds).map((units, i) => ({
      name: `${bundle.name}#${i}`,
      block,
      units,
    }));
  });
}

/** At most `parts` runs of consecutive units, each of about the same weight; each unit alone where that fits. */
function runs(units: readonly Unit[], parts: number, seconds: number): Unit[][] {
  const ordered = units.toSorted((a, b) => a.first - b.first);
  if (parts >= ordered.length) return ordered.map((unit) => [unit]);
  const out: Unit[][] = [[]];
  let filled = 0;
  for (const [i, unit] of ordered.entries()) {
    const share = seconds > 0 ? filled / seconds : i / ordered.length;
    if (share * parts >= out.length && out.length < parts) out.push([]);
    out.at(-1)!.push(unit);
    filled += unit.seconds;
  }
  return out.filter((run) => run.length > 0);
}

/** One bundle per distinct choice of devices, so that a group's device suits all its nodes. */
function byFeasibility(bundle: Bundle): Bundle[] {
  const byChoice = new Map<string, Unit[]>();
  for (const unit of bundle.units) {
    const key = unit.feasible.join();
    const alike = byChoice.get(key);
    if (alike === undefined) byChoice.set(key, [unit]);
    else alike.push(unit);
  }
  return [...byChoice.values()].map((units) => ({ ...bundle, units }));
}

function finish(graph: Graph, unitOf: Int32Array, blocks: readonly Block[], bundles: Bundle[]): OpGroups {
  const ordered = bundles
    .map((bundle) => ({ ...bundle, first: Math.min(...bundle.units.map((unit) => unit.first)) }))
    .sort((a, b) => a.first - b.first);
  const groupOfUnit = new Map<number, number>();
  for (const [g, { units }] of ordered.entries()) for (const { first } of units) groupOfUnit.set(first, g);
  return {
    groups: ordered.map(({ name, block, units }) => ({ name, block, feasible: units[0]!.feasible })),
    blocks,
    groupOf: Int32Array.from({ length: graph.nodeCount }, (_, node) => groupOfUnit.get(unitOf[node]!) ?? -1),
  };
}

/** Per node: the smallest member of its unit. Only nodes with the same feasible devices are joined. */
function unitsOf(graph: Graph, { group, feasible }: Constraints): Int32Array {
  const sets = new DisjointSets(graph.nodeCount);
  const join = (a: number, b: number): void => {
    if (feasible[a]!.join() === feasible[b]!.join()) sets.union(a, b);
  };
  const nodeOf = new Map(graph.name.map((name, node) => [name, node]));
  const consumers: number[][] = Array.from({ length: graph.nodeCount }, () => []);
  const ofParameters = new Uint8Array(graph.nodeCount);
  for (let node = 0; node < graph.nodeCount; node++) {
    sets.union(node, group[node]!);
    if (graph.op[node] === 'Variable') ofParameters[group[node]!] = 1;
    for (let e = graph.inputStart[node]!; e < graph.inputStart[node + 1]!; e++) {
      consumers[graph.producer[graph.input[e]!]!]!.push(node);
    }
  }
  for (let node = graph.nodeCount - 1; node >= 0; node--) {
    const forward = forwardName(graph.name[node]!);
    if (ofParameters[group[node]!] === 1) {
      ofParameters[node] = 1;
      continue;
    }
    if (forward === undefined) continue;
    const [first, ...others] = consumers[node]!;
    const onlyForParameters =
      first !== undefined &&
      ofParameters[first] === 1 &&
      others.every((other) => ofParameters[other] === 1 && sets.find(other) === sets.find(first));
    if (onlyForParameters) {
      ofParameters[node] = 1;
      join(node, first);
    } else {
      const origin = nodeOf.get(forward);
      if (origin !== undefined) join(node, origin);
    }
  }
  return sets.smallestMembers();
}

/** For a node of the backward pass, `gradients/<forward node>/<op>`: the forward node's name. */
export function forwardName(name: string): string | undefined {
  return /^gradients(?:_\d+)?\/(.+)\/[^/]+$/.exec(name)?.[1];
}

/** The name scope that a node's layer lives in: `a/b` for `a/b/c` and for `gradients/a/b/c/Op`. */
function scopeOf(name: string): string[] {
  return (forwardName(name) ?? name).split('/').slice(0, -1);
}

function scopeTree(graph: Graph, units: readonly Unit[]): Scope {
  const scope = (path: string): Scope => ({ path, children: new Map(), units: [], seconds: 0 });
  const root = scope('');
  for (const unit of units) {
    let at = root;
    at.seconds += unit.seconds;
    const path = scopeOf(graph.name[unit.first]!);
    if (graph.op[unit.first] === 'Variable') path.push('(parameters)');
    for (const part of path) {
      const child = at.children.get(part) ?? scope(at.path === '' ? part : `${at.path}/${part}`);
      at.children.set(part, child);
      child.seconds += unit.seconds;
      at = child;
    }
    at.units.push(unit);
  }
  return root;
}

function unitsBelow(scope: Scope): Unit[] {
  return [...scope.units, ...[...scope.children.values()].flatMap(unitsBelow)];
}
