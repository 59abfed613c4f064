import fc from 'fast-check';
import { type PlainMachine, type PlainTask, taskProblem } from '../../placement/task-problem.ts';

export interface PlainInstance {
  readonly tasks: readonly PlainTask[];
  readonly machine: PlainMachine;
}

/**
 * Small instances with everything that bounds look at: unrelated seconds (zero and "not here" among them), tensors with
 * several readers, colocation, latency. The last device takes everything, so no group is infeasible.
 */
export function instances(most: {
  readonly tasks: number;
  readonly devices: number;
}): fc.Arbitrary<PlainInstance> {
  return fc
    .record({
      devices: fc.integer({ min: 1, max: most.devices }),
      count: fc.integer({ min: 1, max: most.tasks }),
    })
    .chain(({ devices, count }) =>
      fc.record({
        tasks: fc.tuple(...Array.from({ length: count }, (_, i) => plainTask(i, devices))),
        machine: fc.record({
          devices: fc.constant(devices),
          latencySeconds: fc.constantFrom(0, 0.5, 3),
          secondsPerByte: fc.constantFrom(0.1, 1),
        }),
      }),
    );
}

function plainTask(i: number, devices: number): fc.Arbitrary<PlainTask> {
  const seconds = fc.tuple(
    ...Array.from({ length: devices }, (_, d) => {
      const time = fc.integer({ min: 0, max: 9 });
      const maybe = { weight: d === devices - 1 ? 0 : 1, arbitrary: fc.constant(Number.POSITIVE_INFINITY) };
      return fc.oneof({ weight: 9, arbitrary: time }, maybe);
    }),
  );
  const inputs = fc.uniqueArray(
    fc.record({
      from: fc.integer({ min: 0, max: Math.max(0, i - 1) }),
      bytes: fc.integer({ min: 0, max: 9 }),
      tensor: fc.constantFrom(0, undefined),
    }),
    { maxLength: i === 0 ? 0 : 3, selector: ({ from }) => from },
  );
  const colocated = i === 0 ? fc.constant(undefined) : fc.integer({ min: 0, max: i - 1 });
  return fc
    .record({
      seconds,
      inputs,
      colocateWith: fc.oneof(
        { weight: 5, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: colocated },
      ),
    })
    .map(({ seconds, inputs, colocateWith }) => ({
      seconds,
      inputs: inputs.map(({ from, bytes, tensor }) => ({
        from,
        bytes,
        ...(tensor !== undefined && { tensor }),
      })),
      ...(colocateWith !== undefined && { colocateWith }),
    }));
}

export const problemOf = ({ tasks, machine }: PlainInstance) => taskProblem(tasks, machine);
