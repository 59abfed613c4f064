import { type Instance, instanceOf } from './instance.ts';

/**
 * A worked example of a paper as three tables of comma-separated values: communication cost per pair of tasks (rows:
 * from; 0: no edge), and execution time per task and processor. First row and column are labels. All processors are
 * joined at unit bandwidth.
 */
export function readMatrices(name: string, connectivity: string, executionTimes: string): Instance {
  const seconds = rowsOf(executionTimes);
  const edges = rowsOf(connectivity).flatMap((row, from) =>
    row.flatMap((cost, to) => (cost > 0 ? [{ from, to, cost }] : [])),
  );
  return instanceOf(name, seconds, edges, seconds[0]!.length);
}

function rowsOf(table: string): number[][] {
  return table
    .trim()
    .split(/\r?\n/)
    .slice(1)
    .map((line) => line.split(',').slice(1).map(Number));
}
