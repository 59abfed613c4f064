import type { PlacementProblem } from './problem.ts';

/** A layer of a recurrent net whose steps are unrolled into tasks. */
interface RecurrentLayer {
  readonly scope: string;
  /** What it is stacked in: `encoder` for `encoder/lstm2`. */
  readonly stack: string;
  /** Position in its stack, from 0; layers that read the same input in two directions share one. */
  readonly depth: number;
}

export interface RecurrentLayers {
  /** In the order in which they first appear. */
  readonly layers: readonly RecurrentLayer[];
  /** Per task: its layer. What belongs to none goes with the last layer that it reads from, or the first that reads it. */
  readonly layerOf: Int32Array;
}

/** From so many forward readers on, a variable's readers are the steps of a recurrent layer. */
const STEPS = 3;

/**
 * The layers of a recurrent net: name scopes that end in a number (`lstm1`, `decoder/lstm2`) and hold a variable that
 * each step of a sequence reads. No layers: not a recurrent net.
 */
export function recurrentLayers(problem: PlacementProblem): RecurrentLayers {
  const { taskCount, name, forward } = problem;
  const scopes: string[] = [];
  for (let task = 0; task < taskCount; task++) {
    const scope = name[task]!.split('/').slice(0, -1).join('/');
    if (/\d$/.test(scope) && !scopes.includes(scope) && isReadByEachStep(problem, task)) scopes.push(scope);
  }
  const layers = scopes.map((scope) => {
    const stack = scope.split('/').slice(0, -1).join('/');
    const numbers = scopes.filter((s) => s.split('/').slice(0, -1).join('/') === stack).map(lastNumber);
    const distinct = [...new Set(numbers)].sort((a, b) => a - b);
    return { scope, stack, depth: distinct.indexOf(lastNumber(scope)) };
  });
  const layerOf = new Int32Array(taskCount).fill(-1);
  if (layers.length === 0) return { layers, layerOf };
  for (let task = 0; task < taskCount; task++) {
    const own = scopes.findIndex((scope) => name[task]!.startsWith(`${scope}/`));
    if (forward[task]! >= 0) layerOf[task] = layerOf[forward[task]!]!;
    else layerOf[task] = own >= 0 ? own : latestInput(problem, task, layerOf);
  }
  for (let task = taskCount - 1; task >= 0; task--) {
    if (layerOf[task]! < 0) layerOf[task] = firstReader(problem, task, layerOf);
  }
  return { layers, layerOf };
}

const lastNumber = (scope: string): number => Number(/\d+$/.exec(scope)![0]);

/** Whether many forward tasks read a variable, the last of which needs what the first makes: the steps of a sequence. */
function isReadByEachStep(problem: PlacementProblem, task: number): boolean {
  const { residentBytes, outputStart, readerStart, reader, forward, group } = problem;
  if (residentBytes[task] === 0) return false;
  const steps: number[] = [];
  for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
    if (forward[reader[r]!]! < 0 && group[reader[r]!] !== group[task]) steps.push(reader[r]!);
  }
  return steps.length >= STEPS && reaches(problem, Math.min(...steps), Math.max(...steps));
}

function reaches({ inputStart, input, producer }: PlacementProblem, from: number, to: number): boolean {
  const reached = new Uint8Array(to + 1);
  reached[from] = 1;
  for (let task = from + 1; task <= to; task++) {
    for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
      if (reached[producer[input[e]!]!] === 1) reached[task] = 1;
    }
  }
  return reached[to] === 1;
}

function latestInput(
  { inputStart, input, producer }: PlacementProblem,
  task: number,
  layerOf: Int32Array,
): number {
  let latest = -1;
  for (let e = inputStart[task]!; e < inputStart[task + 1]!; e++) {
    latest = Math.max(latest, layerOf[producer[input[e]!]!]!);
  }
  return latest;
}

function firstReader(
  { outputStart, readerStart, reader }: PlacementProblem,
  task: number,
  layerOf: Int32Array,
): number {
  let first = -1;
  for (let r = readerStart[outputStart[task]!]!; r < readerStart[outputStart[task + 1]!]!; r++) {
    const layer = layerOf[reader[r]!]!;
    if (layer >= 0 && (first < 0 || layer < first)) first = layer;
  }
  return first;
}
