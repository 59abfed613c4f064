import { describe, expect, it } from 'vitest';
import { MODELS } from '../../../graph/zoo/index.ts';
import { Row } from '../../../sim/trace.ts';
import { rowsOf, type TraceRow } from './replica-training.ts';
import { luck, planned, trainedByServers } from './server-training.ts';

const WORKERS = 4;
const model = MODELS['mnist-softmax']!;

function trained(staleness: number | undefined, updates = 120) {
  const options: { readonly [key: string]: number } = staleness === undefined ? {} : { staleness };
  const run = planned('async', { model, workers: WORKERS, servers: 2, updates, options });
  return trainedByServers(run, model, { disturbances: luck(7) });
}

/** Per worker: when it read the parameters in each of its steps, and when all of its updates of each had ended. */
function stepsOf(rows: readonly TraceRow[]) {
  const reads = new Map<string, number[]>();
  const ends = new Map<string, number[]>();
  for (const { kind, loop, iteration, node, start, end } of rows) {
    if (kind !== Row.node) continue;
    const of = (times: Map<string, number[]>): number[] => {
      if (!times.has(loop)) times.set(loop, []);
      return times.get(loop)!;
    };
    if (node === 'logits/weights' || node === 'logits/bias')
      of(reads)[iteration] = Math.min(of(reads)[iteration] ?? Number.POSITIVE_INFINITY, start);
    if (node.endsWith('/update')) of(ends)[iteration] = Math.max(of(ends)[iteration] ?? 0, end);
  }
  return { reads, ends };
}

describe.each([0, 1, 3])('at most %d steps ahead', (bound) => {
  const run = trained(bound);
  const { reads, ends } = stepsOf(rowsOf(run));

  it('nobody reads for its step k before all have ended their step k − 1 − bound', () => {
    let compared = 0;
    for (const [worker, times] of reads) {
      for (const [k, read] of times.entries()) {
        for (const [other, ended] of ends) {
          if (other === worker || k - 1 - bound < 0) continue;
          expect(ended[k - 1 - bound]).toBeLessThanOrEqual(read);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(200);
  });

  it('updates that a gradient has not seen are as few as that allows', () => {
    // While a worker is in its step k, another may go from the end of its step k − 1 − bound to that of its step k + bound.
    const most = (WORKERS - 1) * (2 * bound + 1);
    expect(run.simulation.staleness.length - 1).toBeLessThanOrEqual(most);
    expect(run.simulation.staleness.length - 1).toBeGreaterThanOrEqual(WORKERS - 1);
  });
});

it('the wider the bound, the less is waited for and the staler gradients get', () => {
  const runs = [0, 1, 3, undefined].map((staleness) => trained(staleness).simulation);
  const seconds = runs.map((run) => run.seconds);
  expect(seconds).toEqual(seconds.toSorted((a, b) => b - a));
  const stalest = runs.map(({ staleness }) => staleness.length - 1);
  expect(stalest).toEqual(stalest.toSorted((a, b) => a - b));
  expect(stalest[0]).toBeLessThan(stalest.at(-1)!);
});

it('without a bound there is no clock', () => {
  const { plan } = planned('async', { model, workers: 2, servers: 1 });
  expect(plan.clocks).toBeUndefined();
  expect(plan.loops[0]!.template.graph.op.filter((op) => op.startsWith('Clock'))).toEqual([]);
});
