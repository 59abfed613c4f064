import { groupWork } from './greedy.ts';
import type { PlacementProblem } from './problem.ts';
import { leastSeconds, upwardRanks } from './ranks.ts';

/**
 * Step times that no placement can beat, in seconds. They bound how far a placement is from the optimum; they do not
 * measure it. Communication is free and memory unlimited in all of them. They hold for devices that run one node
 * at a time, in the time that the cost model says.
 */
export interface Bounds {
  /** The longest path, each node in its least feasible time. */
  readonly criticalPath: number;
  /** The work divided among the devices as well as fractions allow. */
  readonly area: number;
  /** The colocation group that takes longest on its best device: its members run one after another. */
  readonly group: number;
  /** The largest of the three. */
  readonly seconds: number;
}

export function lowerBounds(problem: PlacementProblem): Bounds {
  const work = classWork(problem);
  const area = areaBound(work);
  const criticalPath = Math.max(0, ...upwardRanks(problem, leastSeconds(problem)));
  let group = 0;
  for (const row of work.rows) group = Math.max(group, Math.min(...row));
  return { criticalPath, area, group, seconds: Math.max(criticalPath, area, group) };
}

/** Devices that cost every group the same form one class. */
interface ClassWork {
  /** Per colocation group: its summed seconds per class, Infinity where it is not feasible. */
  readonly rows: readonly Float64Array[];
  /** Devices per class. */
  readonly counts: readonly number[];
}

function classWork(problem: PlacementProblem): ClassWork {
  const { deviceCount, groupCount } = problem;
  const work = groupWork(problem);
  const perDevice = Array.from({ length: groupCount }, (_, g) =>
    work.subarray(g * deviceCount, (g + 1) * deviceCount),
  );
  const representatives: number[] = [];
  const counts: number[] = [];
  for (let d = 0; d < deviceCount; d++) {
    const alike = representatives.findIndex((r) => perDevice.every((sums) => sums[r] === sums[d]));
    if (alike >= 0) counts[alike]!++;
    else {
      representatives.push(d);
      counts.push(1);
    }
  }
  return { rows: perDevice.map((sums) => Float64Array.from(representatives, (r) => sums[r]!)), counts };
}

/**
 * The least time in which the classes can do all the work if it may be cut into fractions is a linear program. By
 * its dual, for any shares s_c ≥ 0 that sum to 1,
 *
 *     T ≥ Σ over groups of min over classes c of (s_c / count_c) · seconds(group, c)
 *
 * because load(c) ≤ count_c · T. Every choice of shares is a valid bound; the largest is the program's value. The
 * right side is concave, so one share at a time is improved by a golden-section search: exact for one or two
 * classes (CPU and identical GPUs), a valid bound for more.
 */
function areaBound({ rows, counts }: ClassWork): number {
  const classes = counts.length;
  let shares = counts.map((count) => count / counts.reduce((a, b) => a + b, 0));
  const value = (s: readonly number[]): number => {
    let sum = 0;
    for (const row of rows) {
      let least = Number.POSITIVE_INFINITY;
      for (let c = 0; c < classes; c++) {
        const seconds = row[c]!;
        if (seconds === Number.POSITIVE_INFINITY) continue;
        const weighted = (s[c]! / counts[c]!) * seconds;
        if (weighted < least) least = weighted;
      }
      sum += least;
    }
    return sum;
  };
  let best = value(shares);
  if (classes === 1) return best;
  for (let sweep = 0; sweep < (classes === 2 ? 1 : 4); sweep++) {
    for (let c = 0; c < classes; c++) {
      const others = 1 - shares[c]!;
      const withShare = (share: number): number[] =>
        shares.map((s, i) => {
          if (i === c) return share;
          return others > 0 ? (s / others) * (1 - share) : (1 - share) / (classes - 1);
        });
      const share = largestAt((x) => value(withShare(x)));
      const candidate = withShare(share);
      const bound = value(candidate);
      if (bound > best) {
        best = bound;
        shares = candidate;
      }
    }
  }
  return best;
}

/** Where a concave function of [0, 1] is largest, by golden-section search. */
function largestAt(f: (x: number) => number): number {
  const ratio = (Math.sqrt(5) - 1) / 2;
  let [low, high] = [0, 1];
  let [a, b] = [high - ratio, low + ratio];
  let [fa, fb] = [f(a), f(b)];
  for (let i = 0; i < 50; i++) {
    if (fa < fb) {
      low = a;
      [a, fa] = [b, fb];
      b = low + ratio * (high - low);
      fb = f(b);
    } else {
      high = b;
      [b, fb] = [a, fa];
      a = high - ratio * (high - low);
      fa = f(a);
    }
  }
  return (low + high) / 2;
}
