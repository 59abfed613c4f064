import { expect, test } from 'vitest';
import { ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import { criticalPath } from '../../sim/critical-path.ts';
import { simulate } from '../../sim/engine.ts';
import { pathSeconds } from '../../sim/path-seconds.ts';
import { singleRun } from '../../sim/simulate-activities.ts';
import { tinyCluster } from './tiny.ts';

test('what each resource takes of the critical path', () => {
  // 2 s on a; 10 bytes at 10 bytes/s after 0.5 s; 3 s on b. Meanwhile 1 s on c, which nobody waits for.
  const cluster = tinyCluster(
    ['a', 'b', 'c'],
    [
      ['wire', 10, 0.5],
      ['spare', 1, 9],
    ],
    { '0>1': [0], '1>0': [1] },
  );
  const write = new ActivityGraphBuilder();
  const first = write.compute(write.stream(0), 2);
  const message = write.transfer(0, 1, 10);
  const last = write.compute(write.stream(1), 3);
  write.compute(write.stream(2), 1);
  write.after(first, message);
  write.after(message, last);
  const program = singleRun(write.finish(), cluster);
  const simulation = simulate(program, cluster, { record: { from: 0, to: 1 } });
  const path = criticalPath(program, cluster, simulation);
  const of = pathSeconds(path, program, cluster, simulation);
  expect(simulation.seconds).toBe(6.5);
  expect(of({ kind: 'compute', model: 'a' })).toBe(2);
  expect(of({ kind: 'compute', model: 'b' })).toBe(3);
  expect(of({ kind: 'compute', model: 'c' })).toBe(0);
  expect(of({ kind: 'bandwidth', model: 'wire' })).toBe(1.5);
  expect(of({ kind: 'latency', model: 'wire' })).toBe(0.5);
  expect(of({ kind: 'bandwidth', model: 'spare' })).toBe(0);
});
