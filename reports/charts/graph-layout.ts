import { graphlib, layout } from '@dagrejs/dagre';
import type { PlacedGraph } from '../../scenarios/results.ts';

export const BOX_WIDTH = 168;
/** Between a scope and its gradients. */
const GAP = 36;
const LEAST_HEIGHT = 46;
const MOST_HEIGHT = 80;
const MARGIN = 8;

/** Upper left corner and size, in CSS pixels. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Way = readonly (readonly [x: number, y: number])[];

/** Tensors that carry no data, only turns and counts. */
const SIGNAL_BYTES = 64;
/** A scope that sends signals to as large a share of all would cover the drawing with arrows. */
const AUXILIARY_SHARE = 0.25;
const AUXILIARY_LEAST = 6;

export interface GraphLayout {
  readonly width: number;
  readonly height: number;
  /** Of each scope. */
  readonly boxes: readonly Box[];
  /**
   * Of each edge: points that it goes through, from the rim of one box to that of the other; none within a scope, and none to
   * what is auxiliary.
   */
  readonly ways: readonly (Way | undefined)[];
}

const GRADIENTS = 'gradients/';
const isGradient = (name: string): boolean => name.startsWith(GRADIENTS);

/** The scope that a scope's gradients stand beside: `block1 … block3` beside `gradients/block3 … block1`. */
function pairKey(name: string): string {
  return name.replace(GRADIENTS, '').split(' … ').sort().join(' … ');
}

/** Scopes that most others are joined to by signals alone: TensorBoard takes such out of its drawings too. */
export function auxiliaryScopes({ scopes, edges }: PlacedGraph): ReadonlySet<number> {
  const least = Math.max(AUXILIARY_LEAST, AUXILIARY_SHARE * scopes.length);
  const degree = new Float64Array(scopes.length);
  for (const { from, to, bytes } of edges) {
    if (from === to) continue;
    for (const end of [from, to]) degree[end]! += bytes <= SIGNAL_BYTES ? 1 : Number.NEGATIVE_INFINITY;
  }
  return new Set(scopes.flatMap((_, i) => (degree[i]! >= least ? [i] : [])));
}

/**
 * Layers from top to bottom (Sugiyama's method, by dagre), each scope beside its gradients: so the way down is the forward pass
 * and the way up the backward pass. A box is as high as its share of the largest scope's flops, by area.
 */
export function layOut(placed: PlacedGraph): GraphLayout {
  const { scopes, edges } = placed;
  const auxiliary = auxiliaryScopes(placed);
  const isHidden = ({ from, to }: { from: number; to: number }): boolean =>
    from === to || auxiliary.has(from) || auxiliary.has(to);
  const mostFlops = Math.max(1, ...scopes.map(({ flops }) => flops));
  const heights = scopes.map(({ flops }) =>
    Math.round(LEAST_HEIGHT + (MOST_HEIGHT - LEAST_HEIGHT) * Math.sqrt(flops / mostFlops)),
  );
  const gradient = scopes.map(({ name }) => isGradient(name));
  const cells: { readonly members: number[] }[] = [];
  const cellNamed = new Map<string, number>();
  const cellOf = scopes.map(({ name }, i) => {
    const key = pairKey(name);
    const known = cellNamed.get(key);
    // Names that are alike in this only do not stand on each other.
    const isFree =
      known !== undefined && cells[known]!.members.every((other) => gradient[other] !== gradient[i]);
    const cell = isFree ? known : cells.push({ members: [] }) - 1;
    cells[cell]!.members.push(i);
    cellNamed.set(key, cell);
    return String(cell);
  });
  const isPair = (cell: string): boolean => cells[Number(cell)]!.members.length > 1;
  const widthOf = (cell: string): number => (isPair(cell) ? 2 * BOX_WIDTH + GAP : BOX_WIDTH);
  const heightOf = (cell: string): number =>
    Math.max(...cells[Number(cell)]!.members.map((i) => heights[i]!));
  const graph = new graphlib.Graph();
  graph.setGraph({ rankdir: 'TB', nodesep: 28, ranksep: 30, marginx: MARGIN, marginy: MARGIN });
  const joined = new Set<string>();
  for (const edge of edges) {
    const { from, to } = edge;
    if (isHidden(edge)) continue;
    for (const cell of [cellOf[from]!, cellOf[to]!]) {
      if (!joined.has(cell)) graph.setNode(cell, { width: widthOf(cell), height: heightOf(cell) });
      joined.add(cell);
    }
    if (cellOf[from] === cellOf[to] || gradient[from] !== gradient[to]) continue;
    const [above, below] = gradient[from] ? [cellOf[to]!, cellOf[from]!] : [cellOf[from]!, cellOf[to]!];
    if (!graph.hasEdge(above, below)) graph.setEdge(above, below, {});
  }
  layout(graph);
  const drawn = graph.graph() as { width?: number; height?: number };
  const size = {
    width: finite(drawn.width, 2 * BOX_WIDTH + GAP + 2 * MARGIN),
    height: finite(drawn.height, MARGIN),
  };
  // What nothing is drawn to stands in rows below all else.
  const centres = new Map<string, Centre>();
  let [left, top, high] = [MARGIN, size.height, 0];
  for (const cell of cells.keys()) {
    const key = String(cell);
    if (joined.has(key)) {
      centres.set(key, graph.node(key) as Centre);
      continue;
    }
    if (left + widthOf(key) > size.width - MARGIN && left > MARGIN)
      [left, top, high] = [MARGIN, top + high + 12, 0];
    centres.set(key, { x: left + widthOf(key) / 2, y: top + heightOf(key) / 2 });
    high = Math.max(high, heightOf(key));
    left += widthOf(key) + 28;
  }
  if (high > 0) size.height = top + high + MARGIN;
  const side = (cell: string, isRight: boolean): number =>
    isPair(cell) ? (isRight ? 1 : -1) * ((BOX_WIDTH + GAP) / 2) : 0;
  const boxes = scopes.map((_, i): Box => {
    const cell = cellOf[i]!;
    const { x, y } = centres.get(cell)!;
    const middle = x + side(cell, gradient[i]!);
    return { x: middle - BOX_WIDTH / 2, y: y - heights[i]! / 2, width: BOX_WIDTH, height: heights[i]! };
  });
  const ways = edges.map((edge): Way | undefined => {
    const { from, to } = edge;
    if (isHidden(edge)) return undefined;
    const [a, b] = [boxes[from]!, boxes[to]!];
    if (gradient[from] !== gradient[to] || cellOf[from] === cellOf[to]) return across(a, b);
    const [above, below] = gradient[from] ? [to, from] : [from, to];
    const { points } = graph.edge(cellOf[above]!, cellOf[below]!) as { points: { x: number; y: number }[] };
    const asides = [cellOf[from]!, cellOf[to]!].map((cell) => side(cell, gradient[from]!));
    const aside = (asides[0]! + asides[1]!) / 2;
    // Between neighbouring layers there is nothing to go around.
    const between = points.length > 3 ? points.slice(1, -1) : [];
    const inner = between.map(({ x, y }) => [x + aside, y] as const);
    const down = boxes[above]!.y < boxes[below]!.y;
    const way: Way = [rim(boxes[above]!, down), ...inner, rim(boxes[below]!, !down)];
    return gradient[from] ? way.toReversed() : way;
  });
  return { width: Math.ceil(size.width), height: Math.ceil(size.height), boxes, ways };
}

interface Centre {
  readonly x: number;
  readonly y: number;
}

/** A drawing of nothing has no size. */
const finite = (value: number | undefined, otherwise: number): number =>
  value !== undefined && Number.isFinite(value) ? value : otherwise;

/** The middle of a box's lower rim, or of its upper one. */
function rim({ x, y, width, height }: Box, lower: boolean): readonly [number, number] {
  return [x + width / 2, lower ? y + height : y];
}

/** Between the two sides of the drawing: from side to side, there below and back above the middle. */
function across(a: Box, b: Box): Way {
  const right = a.x < b.x;
  const shift = right ? 6 : -6;
  const from = [right ? a.x + a.width : a.x, a.y + a.height / 2 + shift] as const;
  const to = [right ? b.x : b.x + b.width, b.y + b.height / 2 + shift] as const;
  const middle = (from[0] + to[0]) / 2;
  return [from, [middle, from[1]], [middle, to[1]], to];
}
