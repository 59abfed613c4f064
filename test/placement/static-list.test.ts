import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Published } from '../../bench/placement/published.ts';
import { staticListSchedule } from '../../placement/static-list.ts';
import { taskProblem } from '../../placement/task-problem.ts';

const FOLDER = fileURLToPath(new URL('../../../shared/placement/', import.meta.url));

it('gives idle devices the ready task with the longest way to the end', () => {
  // Levels: a 1 + 5 = 6, b 2, c 2, d(a) 5. Two devices: a on 0, b on 1; at 1 d (5) goes before c (2), which waits for 2.
  const problem = taskProblem(
    [{ seconds: 1 }, { seconds: 2 }, { seconds: 2 }, { seconds: 5, inputs: [{ from: 0, bytes: 0 }] }],
    { devices: 2 },
  );
  const { placement, start } = staticListSchedule(problem);
  expect([...placement]).toEqual([0, 1, 1, 0]);
  expect([...start]).toEqual([0, 0, 2, 1]);
});

it('shows the anomaly of Graham 1969: a processor more, a longer schedule', () => {
  // Figure 2 of "Bounds on multiprocessing timing anomalies": T1 before T9, T4 before T5 … T8, list T1 … T9; the schedule
  // of length 12 on three processors becomes 15 on four. Levels instead of the list: 12 on both.
  const seconds = [3, 2, 2, 2, 4, 4, 4, 4, 9];
  const tasks = seconds.map((s, i) => ({
    seconds: s,
    inputs: i === 8 ? [{ from: 0, bytes: 0 }] : i >= 4 ? [{ from: 3, bytes: 0 }] : [],
  }));
  expect(staticListSchedule(taskProblem(tasks, { devices: 3 })).seconds).toBe(12);
  expect(staticListSchedule(taskProblem(tasks, { devices: 4 })).seconds).toBe(12);
});

describe.skipIf(!existsSync(FOLDER))('standard task graphs (where ../shared/placement is there)', () => {
  it('are on average (every third of them) within 1.5 % of the optimum, never below', () => {
    const gaps = new Map<string, number[]>();
    const graphs = new Published(FOLDER).standardTaskGraphs().filter((_, i) => i % 3 === 0);
    for (const { graph, instances } of graphs) {
      for (const { problem, optimum } of instances) {
        const key = `${graph.seconds.length}/${problem.deviceCount}`;
        const gap = staticListSchedule(problem).seconds / optimum! - 1;
        expect(gap).toBeGreaterThanOrEqual(-1e-12);
        gaps.set(key, [...(gaps.get(key) ?? []), gap]);
      }
    }
    expect(gaps.size).toBe(8);
    for (const list of gaps.values()) {
      expect(list.reduce((a, b) => a + b) / list.length).toBeLessThanOrEqual(0.015);
    }
  });
});
