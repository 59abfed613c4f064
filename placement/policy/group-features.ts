import type { PlacementProblem } from '../problem.ts';

/** Outputs of a task whose sizes are features, the largest first. */
export const OUTPUT_SIZES = 4;

/** What the papers' policies see of the tasks: kinds of ops and sizes of outputs. No times. */
export interface TaskFeatures {
  /** Per task: number of its kind of op; kinds are numbered by first task. */
  readonly kind: Int32Array;
  readonly kinds: number;
  /** `[task * OUTPUT_SIZES + i]`: ln(1 + bytes) of its i-th largest output, over that of the largest of all tasks. */
  readonly sizes: Float32Array;
}

export function taskFeatures({ taskCount, op, outputStart, bytes }: PlacementProblem): TaskFeatures {
  const numbers = new Map<string, number>();
  const kind = Int32Array.from(op, (name) => {
    const known = numbers.get(name) ?? numbers.size;
    numbers.set(name, known);
    return known;
  });
  const largest = Math.log1p(bytes.reduce((a, b) => Math.max(a, b), 0)) || 1;
  const sizes = new Float32Array(taskCount * OUTPUT_SIZES);
  for (let task = 0; task < taskCount; task++) {
    const own = bytes.slice(outputStart[task]!, outputStart[task + 1]!).sort((a, b) => b - a);
    for (const [i, size] of own.subarray(0, OUTPUT_SIZES).entries()) {
      sizes[task * OUTPUT_SIZES + i] = Math.log1p(size) / largest;
    }
  }
  return { kind, kinds: Math.max(1, numbers.size), sizes };
}

/** Features of `count` groups of tasks, row-major. */
export interface GroupFeatures {
  /** `[group, kind]`: how many tasks of each kind of op it has. */
  readonly kindCounts: Float32Array;
  /** `[group, OUTPUT_SIZES]`: its tasks' sizes, summed. */
  readonly sizes: Float32Array;
  /** `[group, 2 · count]`: 1 for each group that it reads from, then 1 for each that reads from it. */
  readonly adjacency: Float32Array;
  /** Tasks per group. */
  readonly tasks: Int32Array;
}

/** `groupOf`: per task its group, −1 where it has none. */
export function groupFeatures(
  { taskCount, outputStart, readerStart, reader }: PlacementProblem,
  { kind, kinds, sizes }: TaskFeatures,
  groupOf: Int32Array,
  count: number,
): GroupFeatures {
  const out = {
    kindCounts: new Float32Array(count * kinds),
    sizes: new Float32Array(count * OUTPUT_SIZES),
    adjacency: new Float32Array(count * 2 * count),
    tasks: new Int32Array(count),
  };
  for (let task = 0; task < taskCount; task++) {
    const g = groupOf[task]!;
    if (g < 0) continue;
    out.tasks[g]!++;
    out.kindCounts[g * kinds + kind[task]!]!++;
    for (let i = 0; i < OUTPUT_SIZES; i++)
      out.sizes[g * OUTPUT_SIZES + i]! += sizes[task * OUTPUT_SIZES + i]!;
    for (let t = outputStart[task]!; t < outputStart[task + 1]!; t++) {
      for (let r = readerStart[t]!; r < readerStart[t + 1]!; r++) {
        const to = groupOf[reader[r]!]!;
        if (to < 0 || to === g) continue;
        out.adjacency[to * 2 * count + g] = 1;
        out.adjacency[g * 2 * count + count + to] = 1;
      }
    }
  }
  return out;
}
