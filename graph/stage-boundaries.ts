import type { NodeHandle, Value } from './builder.ts';
import { isConstant } from './constant-nodes.ts';

/*
 * Where forward graphs may be cut into stages, and where it is best. Nodes are in the order in which they were authored.
 */

/**
 * Ids of the nodes behind which `nodes` may be cut into stages so that few values cross: those where one value alone is what
 * all that follows needs of what went before, besides variables, feeds and constants; where these are fewer than `needed`,
 * those where two are, and so on. Ascending; fewer than `needed` where the graph has no more nodes.
 */
export function possibleCuts(nodes: readonly NodeHandle[], needed: number): number[] {
  const lastReader = new Map<Value, number>();
  for (const reader of nodes) {
    for (const { node, index } of reader.inputs) lastReader.set(node.outputs[index]!, reader.id);
  }
  const isSource = sources(nodes);
  const crossing: { readonly after: number; readonly values: number }[] = [];
  const open: number[] = [];
  for (const node of nodes) {
    if (isSource[node.id]) continue;
    for (const output of node.outputs) {
      const last = lastReader.get(output);
      if (last !== undefined) open.push(last);
    }
    let values = 0;
    for (const last of open) if (last > node.id) open[values++] = last;
    open.length = values;
    if (values > 0) crossing.push({ after: node.id, values });
  }
  const most = Math.max(0, ...crossing.map(({ values }) => values));
  for (let allowed = 1; ; allowed++) {
    const found = crossing.filter(({ values }) => values <= allowed).map(({ after }) => after);
    if (found.length >= needed || allowed >= most) return found;
  }
}

/** Per node: whether it is a variable, a feed, or made of constants only: wherever it is needed, it can be had. */
export function sources(nodes: readonly NodeHandle[]): readonly boolean[] {
  const constant = isConstant(nodes);
  return nodes.map(({ id, op }) => constant[id]! || op.name === 'Variable' || op.name === 'Placeholder');
}

/**
 * `stages` − 1 of the ids `possible` (ascending) that cut nodes of the given seconds into stages of which the longest is as
 * short as can be and, among those, the sum of squares least; of equals, the cuts that come first. Undefined where there
 * are too few.
 */
export function balancedCuts(
  seconds: ArrayLike<number>,
  possible: readonly number[],
  stages: number,
): number[] | undefined {
  if (possible.length < stages - 1) return undefined;
  // upTo[i]: seconds of all that is before the i-th possible cut; the last is the end.
  const ends = [...possible, seconds.length - 1];
  const upTo = ends.map(() => 0);
  for (let i = 0, node = 0, sum = 0; i < ends.length; i++) {
    for (; node <= ends[i]!; node++) sum += seconds[node]!;
    upTo[i] = sum;
  }
  // best[i]: of the first `stage` stages, where the last of them ends at ends[i].
  let best = upTo.map((sum) => ({ longest: sum, squares: sum * sum }));
  const chosen: Int32Array[] = [];
  for (let stage = 2; stage <= stages; stage++) {
    const before = new Int32Array(ends.length).fill(-1);
    const next = best.map(() => ({ longest: Number.POSITIVE_INFINITY, squares: Number.POSITIVE_INFINITY }));
    for (let i = stage - 1; i < ends.length; i++) {
      for (let j = stage - 2; j < i; j++) {
        const own = upTo[i]! - upTo[j]!;
        const longest = Math.max(best[j]!.longest, own);
        const squares = best[j]!.squares + own * own;
        if (!isLess(longest, squares, next[i]!)) continue;
        next[i] = { longest, squares };
        before[i] = j;
      }
    }
    best = next;
    chosen.push(before);
  }
  const cuts: number[] = [];
  for (let at = ends.length - 1; chosen.length > 0; ) {
    at = chosen.pop()![at]!;
    cuts.unshift(possible[at]!);
  }
  return cuts;
}

/** Sums of equal terms in another order differ by rounding: what is equal but for that is not less. */
const ROUNDING = 1e-9;

function isLess(longest: number, squares: number, than: { longest: number; squares: number }): boolean {
  if (longest < than.longest * (1 - ROUNDING)) return true;
  return longest <= than.longest * (1 + ROUNDING) && squares < than.squares * (1 - ROUNDING);
}
