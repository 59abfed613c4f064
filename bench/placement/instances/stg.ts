import { type Instance, instanceOf } from './instance.ts';

/** A graph of the Standard Task Graph Set (Tobita & Kasahara 2002), without its two dummy tasks. */
export interface StandardTaskGraph {
  /** `50/rand0000.stg` */
  readonly name: string;
  readonly seconds: readonly number[];
  readonly edges: readonly (readonly [from: number, to: number])[];
  /** The longest path, as the file's trailer has it. */
  readonly criticalPath: number;
}

/**
 * First the number of tasks n, then a row per task 0 … n + 1: its number, its time, how many predecessors it has, and
 * these. Tasks 0 and n + 1 are dummies that take no time. Lines with `#` are remarks, one with the longest path.
 */
export function readStandardTaskGraph(name: string, text: string): StandardTaskGraph {
  const [first, ...lines] = text.trim().split(/\r?\n/);
  const count = Number(first);
  const seconds: number[] = [];
  const edges: [number, number][] = [];
  for (const line of lines) {
    if (line.startsWith('#')) continue;
    const [task, time, , ...predecessors] = line.trim().split(/\s+/).map(Number) as [number, number];
    if (task === 0 || task === count + 1) continue;
    seconds[task - 1] = time;
    for (const from of predecessors as number[]) if (from !== 0) edges.push([from - 1, task - 1]);
  }
  if (seconds.length !== count) throw new Error(`${name}: ${seconds.length} tasks, expected ${count}`);
  return { name, seconds, edges, criticalPath: Number(/# CP Length\s*:\s*(\d+)/.exec(text)?.[1]) };
}

/** Rows `50/rand0000.stg,2,131`: graph, identical processors, least schedule length. */
export function readOptima(text: string): { name: string; processors: number; optimum: number }[] {
  return text
    .trim()
    .split(/\r?\n/)
    .map((line) => {
      const [name, processors, optimum] = line.split(',') as [string, string, string];
      return { name, processors: Number(processors), optimum: Number(optimum) };
    });
}

/** The graph on identical processors; communication is free. */
export function onProcessors(graph: StandardTaskGraph, processors: number, optimum: number): Instance {
  const edges = graph.edges.map(([from, to]) => ({ from, to, cost: 0 }));
  return { ...instanceOf(`${graph.name} on ${processors}`, graph.seconds, edges, processors), optimum };
}
