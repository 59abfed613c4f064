import { describe, expect, it } from 'vitest';
import { expert } from '../../placement/expert.ts';
import { type PlainMachine, type PlainTask, taskProblem } from '../../placement/task-problem.ts';
import { missingBytes, timedContext } from './timed-context.ts';

function place(tasks: readonly PlainTask[], machine: PlainMachine) {
  const problem = taskProblem(tasks, machine);
  const { placement, note } = expert.place(problem, timedContext(problem));
  return { placement: [...placement], note, missing: missingBytes(problem, placement) };
}

/** Tasks in a row, each of 1 s, task i making bytes[i]. */
const chain = (bytes: readonly number[], residentBytes: readonly number[] = []): PlainTask[] =>
  bytes.map((_, i) => ({
    seconds: 1,
    residentBytes: residentBytes[i] ?? 0,
    inputs: i === 0 ? [] : [{ from: i - 1, bytes: bytes[i - 1]! }],
  }));

describe('stages', () => {
  it('are of equal work', () => {
    expect(place(chain([1, 1, 1, 1, 1, 1]), { devices: 3 })).toEqual({
      placement: [0, 0, 1, 1, 2, 2],
      note: 'stages by depth on 3 devices',
      missing: 0,
    });
  });

  it('are cut where few bytes cross, near equal work', () => {
    // 20 tasks, 2 stages of 10, and 15 % of that either way: the cut after 11 tasks is one of those that may be.
    const bytes = Array.from({ length: 20 }, (_, i) => (i === 10 ? 1 : 4));
    const { placement } = place(chain(bytes), { devices: 2 });
    expect(placement).toEqual(bytes.map((_, i) => (i <= 10 ? 0 : 1)));
  });

  it('take variables, gradients and updates along', () => {
    // x → a → b, each with a variable; gradients of b and a; updates.
    const tasks: PlainTask[] = [
      { name: 'v', seconds: 0, residentBytes: 1 },
      { name: 'a', seconds: 1, inputs: [{ from: 0, bytes: 1, tensor: 0 }] },
      { name: 'w', seconds: 0, residentBytes: 1 },
      {
        name: 'b',
        seconds: 1,
        inputs: [
          { from: 1, bytes: 1, tensor: 0 },
          { from: 2, bytes: 1, tensor: 0 },
        ],
      },
      { name: 'b gradient', seconds: 1, inputs: [{ from: 3, bytes: 1 }], forward: 3 },
      { name: 'a gradient', seconds: 1, inputs: [{ from: 4, bytes: 1 }], forward: 1 },
      { name: 'w update', seconds: 0, inputs: [{ from: 4, bytes: 1 }], colocateWith: 2 },
      { name: 'v update', seconds: 0, inputs: [{ from: 5, bytes: 1 }], colocateWith: 0 },
    ];
    expect(place(tasks, { devices: 2 }).placement).toEqual([0, 0, 1, 1, 1, 0, 1, 0]);
  });

  it('are on accelerators of the fastest kind, the CPU has what only it may run', () => {
    const seconds = [8, 4, 1, 1];
    const cpuOnly = [1, ...new Array<number>(3).fill(Number.POSITIVE_INFINITY)];
    const tasks = chain([1, 1, 1]).map((task, i) => ({ ...task, seconds: i === 0 ? cpuOnly : seconds }));
    const machine = { devices: 4, kinds: ['CPU', 'GPU', 'GPU', 'GPU'] };
    expect(place(tasks, machine).placement).toEqual([0, 2, 3]);
  });

  it('are balanced by bytes where equal work does not fit', () => {
    // The first of six tasks holds 6 of 11 bytes: by work 8 and 3 of at most 7, by bytes 6 and 5.
    const tasks = chain(new Array<number>(6).fill(0), [6, 1, 1, 1, 1, 1]);
    const { placement, note, missing } = place(tasks, { devices: 2, capacityBytes: [7, 7] });
    expect(missing).toBe(0);
    expect(placement).toEqual([...placement].sort());
    expect(note).toMatch(/^stages by depth on 2 devices, balanced by \d+ % bytes$/);
  });

  it('leave tables that fill most of an accelerator to the CPU, with what reads them', () => {
    const tasks: PlainTask[] = [
      { name: 'table', seconds: 0, residentBytes: 60 },
      { name: 'gather', seconds: [2, 1, 1], inputs: [{ from: 0, bytes: 60, tensor: 0 }] },
      { name: 'a', seconds: [20, 1, 1], inputs: [{ from: 1, bytes: 1 }] },
      { name: 'b', seconds: [20, 1, 1], inputs: [{ from: 2, bytes: 1 }] },
      { name: 'gather gradient', seconds: [2, 1, 1], inputs: [{ from: 3, bytes: 1 }], forward: 1 },
      { name: 'update', seconds: 0, inputs: [{ from: 4, bytes: 1 }], colocateWith: 0 },
    ];
    const machine = { devices: 3, kinds: ['CPU', 'GPU', 'GPU'], capacityBytes: [1000, 100, 100] };
    const { placement } = place(tasks, machine);
    expect([0, 1, 4, 5].map((task) => placement[task])).toEqual([0, 0, 0, 0]);
    expect([2, 3].map((task) => placement[task])).toEqual([1, 2]);
  });
});

/** An embedding, `depth` layers of `steps` steps, a softmax; stacked once per name in `stacks`, one after the other. */
function recurrent(stacks: readonly string[], depth: number, steps: number): PlainTask[] {
  const tasks: PlainTask[] = [{ name: 'embedding/table', seconds: 0, residentBytes: 1 }];
  const add = (name: string, from: readonly number[], residentBytes = 0): number =>
    tasks.push({
      name,
      seconds: residentBytes > 0 ? 0 : 1,
      residentBytes,
      inputs: from.map((f) => ({ from: f, bytes: 1, tensor: 0 })),
    }) - 1;
  let sequence = Array.from({ length: steps }, (_, t) => add(`embedding/words${t}`, [0]));
  for (const stack of stacks) {
    for (let layer = 1; layer <= depth; layer++) {
      const weights = add(`${stack}lstm${layer}/weights`, [], 1);
      let before = -1;
      sequence = sequence.map((x, t) => {
        const inputs = before < 0 ? [x, weights] : [x, weights, before];
        before = add(`${stack}lstm${layer}/step${t}`, inputs);
        return before;
      });
    }
  }
  const weights = add('softmax/weights', [], 1);
  add('softmax/product', [...sequence, weights]);
  return tasks;
}

function devicesOf(tasks: readonly PlainTask[], placement: readonly number[], scope: string): number[] {
  return [...new Set(placement.filter((_, i) => tasks[i]!.name!.startsWith(scope)))];
}

describe('recurrent nets', () => {
  it('have a layer per accelerator, embedding and softmax with the first and the last', () => {
    const tasks = recurrent([''], 3, 4);
    const { placement, note } = place(tasks, { devices: 3 });
    expect(note).toBe('3 recurrent layers on 3 devices');
    const scopes = ['embedding', 'lstm1', 'lstm2', 'lstm3', 'softmax'];
    expect(scopes.map((scope) => devicesOf(tasks, placement, scope))).toEqual([[0], [0], [1], [2], [2]]);
  });

  it('share accelerators between encoder and decoder where there are too few', () => {
    const tasks = recurrent(['encoder/', 'decoder/'], 2, 4);
    const scopes = ['encoder/lstm1', 'encoder/lstm2', 'decoder/lstm1', 'decoder/lstm2', 'softmax'];
    const on = (devices: number): number[][] => {
      const { placement } = place(tasks, { devices });
      return scopes.map((scope) => devicesOf(tasks, placement, scope));
    };
    expect(on(4)).toEqual([[0], [1], [2], [3], [3]]);
    expect(on(2)).toEqual([[0], [1], [0], [1], [1]]);
    expect(on(1)).toEqual([[0], [0], [0], [0], [0]]);
  });

  it('are not nets whose layers are shared side by side', () => {
    // One variable read by three tasks of which none needs another: a head shared by three scales.
    const tasks: PlainTask[] = [
      { name: 'head1/weights', seconds: 0, residentBytes: 1 },
      ...[0, 1, 2].map((i) => ({
        name: `head1/scale${i}`,
        seconds: 1,
        inputs: [{ from: 0, bytes: 1, tensor: 0 }],
      })),
    ];
    expect(place(tasks, { devices: 2 }).note).toBe('stages by depth on 2 devices');
  });
});
