import { expect, it } from 'vitest';
import { mTopo } from '../../placement/m-topo.ts';
import { type PlainMachine, taskProblem } from '../../placement/task-problem.ts';
import { missingBytes, timedContext } from './timed-context.ts';

function place(
  count: number,
  machine: PlainMachine,
): { placement: number[]; missing: number; calls: number } {
  const problem = taskProblem(
    Array.from({ length: count }, () => ({ seconds: 1, residentBytes: 1 })),
    machine,
  );
  const context = timedContext(problem);
  const { placement, evaluations } = mTopo.place(problem, context);
  expect(evaluations).toBe(context.calls());
  return { placement: [...placement], missing: missingBytes(problem, placement), calls: evaluations };
}

it('fills devices in order up to their share and the largest group', () => {
  // 9 bytes, 3 devices: 9/3 + 1 = 4 each.
  const { placement, calls } = place(9, { devices: 3 });
  expect(placement).toEqual([0, 0, 0, 0, 1, 1, 1, 1, 2]);
  expect(calls).toBe(0);
});

it('leaves CPUs out', () => {
  // 4 bytes, 2 accelerators: 4/2 + 1 = 3.
  expect(place(4, { devices: 3, kinds: ['CPU', 'GPU', 'GPU'] }).placement).toEqual([1, 1, 1, 2]);
});

it('gives shares by memory', () => {
  // 9 · 20/30 + 1 = 7, 9 · 10/30 + 1 = 4.
  expect(place(9, { devices: 2, capacityBytes: [20, 10] }).placement).toEqual([0, 0, 0, 0, 0, 0, 0, 1, 1]);
});

it('goes on where there is room, at last on a CPU', () => {
  // Limits are 6/2 + 1 = 4, but there is room for 2.
  const machine = { devices: 3, kinds: ['CPU', 'GPU', 'GPU'], capacityBytes: [100, 2, 2] };
  expect(place(6, machine)).toEqual({ placement: [1, 1, 2, 2, 0, 0], missing: 0, calls: 1 });
});

it('spreads what is missing where nothing fits', () => {
  const { placement, missing } = place(6, { devices: 2, capacityBytes: [2, 2] });
  expect(placement.filter((d) => d === 0)).toHaveLength(3);
  expect(missing).toBe(2);
});

it('keeps the groups of a chain that is one group together, if that is the better way', () => {
  // 4 tasks of 1 s, 1 s per transfer. Coplaced they are one group: 4 s. Otherwise the limit of 4/2 + 1 = 3 bytes cuts: 5 s.
  const chain = taskProblem(
    Array.from({ length: 4 }, (_, i) => ({
      seconds: 1,
      residentBytes: i === 3 ? 1 : 0,
      inputs: i === 0 ? [] : [{ from: i - 1, bytes: 1 }],
    })),
    { devices: 2 },
  );
  const { placement, note } = mTopo.place(chain, timedContext(chain));
  expect([...placement]).toEqual([0, 0, 0, 0]);
  expect(note).toBe('coplaced');
});
