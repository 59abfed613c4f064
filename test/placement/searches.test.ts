import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { readGxl } from '../../bench/placement/instances/sinnen.ts';
import { annealing } from '../../placement/annealing.ts';
import { crossEntropy } from '../../placement/cross-entropy.ts';
import { genetic } from '../../placement/genetic.ts';
import { OrderedTimer } from '../../placement/ordered-timer.ts';
import type { PlacerContext } from '../../placement/placer.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { type PlainTask, taskProblem } from '../../placement/task-problem.ts';
import { ARABNEJAD, TOPCUOGLU } from './canonical-tasks.ts';
import { bruteForce, grid } from './policy-problems.ts';
import { missingBytes, timedContext } from './timed-context.ts';

const SEARCHES = [annealing(), genetic(), crossEntropy()];

const orderedContext = (problem: PlacementProblem, evaluations: number, seed = 1): PlacerContext => ({
  ...timedContext(problem, { ordered: true }),
  evaluations,
  random: stream(seed, 'search'),
});

/** Random tasks on devices of two kinds, some colocated, one bound to a device. */
function mixed(seed: number, devices = 2): PlacementProblem {
  const random = stream(seed, 'mixed');
  const tasks = Array.from({ length: 11 }, (_, i): PlainTask => {
    const seconds = Array.from({ length: devices }, (_device, d) => 1 + random.below(9) + (d === 0 ? 2 : 0));
    if (i === 4) seconds.fill(Number.POSITIVE_INFINITY, 1);
    const inputs = Array.from({ length: Math.min(i, random.below(3)) }, () => ({
      from: random.below(i),
      bytes: random.below(5),
    }));
    return { seconds, inputs, ...(i === 7 && { colocateWith: 3 }) };
  });
  return taskProblem(tasks, { devices, latencySeconds: 0.5 });
}

describe.each(SEARCHES)('$name', (search) => {
  it('finds what trying all placements finds', () => {
    for (const seed of [1, 2, 3]) {
      const problem = mixed(seed);
      const { evaluate } = timedContext(problem);
      const all = bruteForce(problem.taskCount, (placement) => {
        const holds = placement.every((d, i) => problem.feasible[problem.group[i]!]!.includes(d));
        return holds && placement[7] === placement[3] ? evaluate(placement) : Number.POSITIVE_INFINITY;
      });
      const found = search.place(problem, { ...timedContext(problem), evaluations: 3000 });
      expect(evaluate(found.placement)).toBe(all);
    }
  });

  it('finds the best schedules of published examples, 73 and 113, within 2 %', () => {
    for (const [problem, optimum] of [
      [TOPCUOGLU, 73],
      [ARABNEJAD, 113],
    ] as const) {
      const { placement, priority } = search.place(problem, orderedContext(problem, 20_000));
      const seconds = new OrderedTimer(problem).seconds(placement, priority!);
      expect(seconds).toBeGreaterThanOrEqual(optimum);
      expect(seconds).toBeLessThanOrEqual(optimum * 1.02);
    }
  });

  it('uses as many evaluations as it may, and no more', () => {
    for (const evaluations of [0, 1, 2, 57, 400]) {
      for (const ordered of [false, true]) {
        const problem = mixed(4, 3);
        const context = timedContext(problem, { ordered });
        const result = search.place(problem, { ...context, evaluations });
        expect(result.evaluations).toBe(evaluations);
        expect(context.calls()).toBe(evaluations);
        for (const [i, d] of result.placement.entries()) {
          expect(problem.feasible[problem.group[i]!]).toContain(d);
        }
      }
    }
  });

  it('ends where there is nothing to choose', () => {
    const bound = taskProblem([{ seconds: [1, Number.POSITIVE_INFINITY] }, { seconds: [1, 9] }], {
      devices: 1,
    });
    expect(search.place(bound, { ...timedContext(bound), evaluations: 100 }).placement).toEqual(
      new Int32Array([0, 0]),
    );
    const empty = taskProblem([], { devices: 2 });
    expect(search.place(empty, { ...timedContext(empty), evaluations: 100 }).placement).toHaveLength(0);
  });

  it('gives the same result for the same seed', () => {
    for (const ordered of [false, true]) {
      const problem = mixed(5, 4);
      const results = [7, 7].map((seed) =>
        search.place(problem, {
          ...timedContext(problem, { ordered }),
          evaluations: 500,
          random: stream(seed, 'search'),
        }),
      );
      expect(results[1]).toEqual(results[0]);
    }
  });

  it('finds what fits where no single device holds all', () => {
    const problem = grid(3, 5, { devices: 3, capacityBytes: [9, 9, 9] });
    const { placement, failures } = search.place(problem, { ...timedContext(problem), evaluations: 2000 });
    expect(missingBytes(problem, placement)).toBe(0);
    expect(failures).toBeGreaterThan(0);
  });
});

describe('annealing', () => {
  it('begins with the placements that it is given, and never ends with a worse one', () => {
    const problem = grid(4, 8);
    const { evaluate } = timedContext(problem);
    const halves = Int32Array.from({ length: problem.taskCount }, (_, i) => (i % 4 < 2 ? 0 : 1));
    const warm = annealing({ starts: () => [{ placement: halves }] });
    const { placement, history } = warm.place(problem, { ...timedContext(problem), evaluations: 300 });
    expect(history![1]).toEqual([2, evaluate(halves)]);
    expect(evaluate(placement)).toBeLessThanOrEqual(evaluate(halves));
  });

  it('counts what its starts evaluate', () => {
    const problem = grid(2, 3);
    const context = timedContext(problem);
    const placed = new Int32Array(problem.taskCount);
    const search = annealing({
      starts: (_problem, { evaluate }) => {
        evaluate(placed);
        return [{ placement: placed }];
      },
    });
    expect(search.place(problem, { ...context, evaluations: 50 }).evaluations).toBe(50);
    expect(context.calls()).toBe(50);
  });
});

const SINNEN = fileURLToPath(new URL('../../../shared/placement/sinnen/gxl_dataset/', import.meta.url));

describe.skipIf(!existsSync(SINNEN))(
  'graphs with communication and known optimum (where ../shared/placement is there)',
  () => {
    it('annealing comes within 1 % of the optimum on the mean of every sixth, and never below', () => {
      const gaps = new Map<number, number[]>();
      const files = readdirSync(SINNEN).filter((name) => name.endsWith('.gxl'));
      for (const file of files.filter((_, i) => i % 6 === 0)) {
        const { problem, optimum, ratio } = readGxl(file, readFileSync(`${SINNEN}${file}`, 'utf8'));
        const timer = new OrderedTimer(problem);
        const { placement, priority } = annealing().place(problem, {
          evaluate: () => Number.NaN,
          evaluateOrdered: (candidate, order) => timer.seconds(candidate, order),
          failing: Number.POSITIVE_INFINITY,
          evaluations: 10_000,
          random: stream(1, 'search'),
        });
        const gap = timer.seconds(placement, priority!) / optimum - 1;
        expect(gap).toBeGreaterThanOrEqual(0);
        gaps.set(ratio, [...(gaps.get(ratio) ?? []), gap]);
      }
      expect(gaps.size).toBeGreaterThanOrEqual(4);
      for (const list of gaps.values())
        expect(list.reduce((a, b) => a + b, 0) / list.length).toBeLessThan(0.01);
    });
  },
);
