import type { PlacementProblem } from './problem.ts';

/** Cuts may be off from equal work by this share of a stage, to cross where fewer bytes do. */
const SLACK = 0.15;

/**
 * A stage per task, 0 … stages − 1: contiguous in depth, of about equal weight. Depth is the longest way from the start
 * in tasks; what reads nothing is as deep as what first reads it; gradients are as deep as their forward tasks. Stages are
 * cut near equal weight where fewest bytes cross.
 *
 * @param weight per task, ≥ 0
 */
export function depthStages(problem: PlacementProblem, weight: Float64Array, stages: number): Int32Array {
  const depth = depths(problem);
  const levels = depth.reduce((most, d) => Math.max(most, d), 0) + 1;
  const below = new Float64Array(levels);
  for (const [task, d] of depth.entries()) below[d]! += weight[task]!;
  for (let d = 1; d < levels; d++) below[d]! += below[d - 1]!;
  const crossing = crossingBytes(problem, depth, levels);
  const total = below[levels - 1]!;
  /** Last level of each stage but the last. */
  const cuts: number[] = [];
  for (let k = 1; k < stages; k++) {
    const target = (total * k) / stages;
    const slack = (total / stages) * SLACK;
    let best = -1;
    let nearest = 0;
    for (let d = (cuts.at(-1) ?? -1) + 1; d < levels; d++) {
      const off = Math.abs(below[d]! - target);
      if (off < Math.abs(below[nearest]! - target) || nearest <= (cuts.at(-1) ?? -1)) nearest = d;
      if (off <= slack && (best < 0 || crossing[d]! < crossing[best]!)) best = d;
    }
    cuts.push(Math.max(best >= 0 ? best : nearest, cuts.at(-1) ?? 0));
  }
  return depth.map((d) => cuts.filter((cut) => d > cut).length);
}

function depths(problem: PlacementProblem): Int32Array {
  const { taskCount, inputStart, input, producer, outputStart, readerStart, reader, forward } = problem;
  const depth = new Int32Array(taskCount);
  for (let task = 0; task < taskCount; task++) {
    if (forward[task]! >= 0) {
      depth[task] = depth[forward[task]!]!;
      continue;
    }
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      const from = producer[input[e]!]!;
      depth[task] = Math.max(
        depth[task]!,
        depth[from]! + (inputStart[from] === inputStart[from + 1] ? 0 : 1),
      );
    }
  }
  for (let task = 0; task < taskCount; task++) {
    if (inputStart[task] !== inputStart[task + 1]) continue;
    let first = Number.POSITIVE_INFINITY;
    for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
      if (forward[reader[r]!]! < 0) first = Math.min(first, depth[reader[r]!]!);
    }
    if (first < Number.POSITIVE_INFINITY) depth[task] = first;
  }
  return depth;
}

/** Per level: the bytes that forward tasks up to there make for deeper ones. */
function crossingBytes(problem: PlacementProblem, depth: Int32Array, levels: number): Float64Array {
  const { tensorCount, producer, readerStart, reader, bytes, forward } = problem;
  const crossing = new Float64Array(levels);
  for (let t = 0; t < tensorCount; t++) {
    if (forward[producer[t]!]! >= 0) continue;
    let deepest = -1;
    for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
      if (forward[reader[r]!]! < 0) deepest = Math.max(deepest, depth[reader[r]!]!);
    }
    for (let d = depth[producer[t]!]!; d < deepest; d++) crossing[d]! += bytes[t]!;
  }
  return crossing;
}
