/**
 * Rings through GPUs that are joined in pairs, as the search of a communication library finds them: circles over all of
 * them that share no link. A DGX-1 (hybrid cube mesh) has as many as its GPUs have links where all 8 take part, and
 * fewer where only some do.
 */
export interface MeshRings {
  /** Per ring: ranks in order; back from the last to the first. Each direction of a circle is a ring of its own. */
  readonly orders: readonly (readonly number[])[];
  /** Whether some rank has to pass on what goes between two that no link joins. */
  readonly forwards: boolean;
}

/**
 * The most rings, each of one link's bandwidth. `links[a][b]`: how many links join a and b.
 * Undefined where not even one circle can be laid.
 */
export function meshRings(links: readonly (readonly number[])[]): MeshRings | undefined {
  const ranks = links.length;
  if (ranks < 2) return undefined;
  if (ranks === 2)
    return links[0]![1]! > 0
      ? { orders: Array.from({ length: links[0]![1]! }, () => [0, 1]), forwards: false }
      : undefined;
  const least = Math.min(...links.map((row) => row.reduce((sum, count) => sum + count, 0)));
  for (let circles = Math.floor(least / 2); circles > 0; circles--) {
    const found = disjointCircles(
      links.map((row) => [...row]),
      circles,
    );
    if (found !== undefined) return { orders: bothWays(found), forwards: false };
  }
  const forwarded = circleWithForwarding(links);
  return forwarded && { orders: bothWays([forwarded]), forwards: true };
}

const bothWays = (circles: readonly (readonly number[])[]): readonly number[][] =>
  circles.flatMap((circle) => [[...circle], [...circle].reverse()]);

/** So many partial circles are looked at before fewer circles will do. */
const MOST_TRIALS = 200_000;

/** `count` circles over all ranks that share no link; `free` is changed while searching. */
function disjointCircles(free: number[][], count: number): number[][] | undefined {
  const ranks = free.length;
  let trials = 0;
  const circles: number[][] = [];

  function next(path: number[]): boolean {
    if (++trials > MOST_TRIALS) return false;
    const last = path[path.length - 1]!;
    if (path.length === ranks) {
      if (free[last]![0]! === 0) return false;
      take(last, 0, -1);
      circles.push([...path]);
      if (circles.length === count || next([0])) return true;
      circles.pop();
      take(last, 0, 1);
      return false;
    }
    for (let to = 1; to < ranks; to++) {
      if (free[last]![to]! === 0 || path.includes(to)) continue;
      take(last, to, -1);
      path.push(to);
      if (next(path)) return true;
      path.pop();
      take(last, to, 1);
    }
    return false;
  }

  function take(a: number, b: number, change: number): void {
    free[a]![b]! += change;
    free[b]![a]! += change;
  }

  return next([0]) ? circles : undefined;
}

/** One circle whose neighbours are joined by a link or by two over a third rank; each direction of a link carries one ring. */
function circleWithForwarding(links: readonly (readonly number[])[]): number[] | undefined {
  const ranks = links.length;
  const used = links.map((row) => row.map(() => 0));
  const isFree = (a: number, b: number): boolean => used[a]![b]! < links[a]![b]!;
  const waysFrom = (a: number, b: number): number[][] => {
    if (links[a]![b]! > 0) return isFree(a, b) ? [[a, b]] : [];
    return links.flatMap((_, over) => (isFree(a, over) && isFree(over, b) ? [[a, over, b]] : []));
  };
  const mark = (way: readonly number[], change: number): void => {
    for (let i = 1; i < way.length; i++) used[way[i - 1]!]![way[i]!]! += change;
  };
  let trials = 0;
  function next(path: number[]): boolean {
    if (++trials > MOST_TRIALS) return false;
    const last = path[path.length - 1]!;
    const targets =
      path.length === ranks ? [0] : links.map((_, rank) => rank).filter((rank) => !path.includes(rank));
    for (const to of targets) {
      for (const way of waysFrom(last, to)) {
        mark(way, 1);
        if (path.length === ranks) return true;
        path.push(to);
        if (next(path)) return true;
        path.pop();
        mark(way, -1);
      }
    }
    return false;
  }
  const path = [0];
  return next(path) ? path : undefined;
}
