import { Action, type ActivityGraph, ActivityGraphBuilder } from '../../sim/activity-graph.ts';
import type { Program, ProgramLoop } from '../../sim/program.ts';

/*
 * Training on one parameter server (device 0) and workers (devices 1 …) in which only ops take time, so that whole runs
 * can be worked out by hand. There is one variable; nothing moves.
 */

/** Activities of a worker's step. */
export const DEQUEUE = 0;
export const COMPUTE = 1;
export const DELIVER = 2;
/** Of the chief's. */
export const TAKE = 0;

export interface Seconds {
  /** Of the step of each worker. */
  readonly compute: readonly number[];
  /** On the server: of adding a gradient to the sum (or of applying it, without sums), and of applying the sum. */
  readonly deliver: number;
  readonly update: number;
}

/** An update takes the first `required` gradients; each worker then has a token for the next step. */
export function synchronousProgram(seconds: Seconds, required: number, updates: number): Program {
  const workers = seconds.compute.map((_, r) => r);
  const enqueues = workers.map(() => [Action.tokenEnqueue, 0, 0] as const);
  return {
    loops: [
      loop(
        'chief',
        -1,
        true,
        chain([Action.accumulatorTake, 0, seconds.update], ...enqueues),
        [0, 0],
        [0, ...workers.map((r) => r + 1)],
        [0, ...workers],
      ),
      ...workers.map((r) =>
        loop(
          `worker/${r}`,
          r,
          false,
          chain(
            [Action.tokenDequeue, 0, 0],
            [Action.compute, 1, seconds.compute[r]!],
            [Action.accumulatorApply, 0, seconds.deliver],
          ),
          [0, r + 1],
          [0, -1, 1],
          [r, 0],
        ),
      ),
    ],
    ...shared(workers.length, updates),
    accumulators: [{ name: 'w', required }],
    queues: workers.map((r) => ({ name: `tokens/${r}`, first: 0 })),
  };
}

/** Each worker applies its gradient at once, and that is an update. */
export function asynchronousProgram({ compute, deliver }: Seconds, updates: number): Program {
  return {
    loops: compute.map((seconds, r) =>
      loop(
        `worker/${r}`,
        r,
        true,
        chain([Action.read, 0, 0], [Action.compute, 1, seconds], [Action.update, 0, deliver]),
        [0, r + 1],
        [0, -1, 0],
        [0],
      ),
    ),
    ...shared(compute.length, updates),
    accumulators: [],
    queues: [],
  };
}

function shared(workers: number, updates: number) {
  return {
    streamDevice: Int32Array.from({ length: workers + 1 }, (_, device) => device),
    streamWidth: new Int32Array(workers + 1).fill(1),
    variableCount: 1,
    // The variable and its sum are on the server.
    residentBytes: Float64Array.from({ length: workers + 1 }, (_, device) => (device === 0 ? 8 : 0)),
    updates,
  };
}

function loop(
  name: string,
  replica: number,
  countsUpdates: boolean,
  activities: ActivityGraph,
  device: readonly number[],
  use: readonly number[],
  resource: readonly number[] = [0],
): ProgramLoop {
  return {
    loop: { name, replica, countsUpdates },
    activities,
    device: Int32Array.from(device),
    stream: Int32Array.from(device),
    route: [],
    use: Int32Array.from(use),
    resource: Int32Array.from(resource),
    slowed: Uint8Array.from(device, (d) => (d === 0 ? 0 : 1)),
  };
}

/** Activities one after the other: what each does, role of its stream, seconds. */
function chain(
  ...links: readonly (readonly [action: number, role: number, seconds: number])[]
): ActivityGraph {
  const write = new ActivityGraphBuilder();
  for (let role = 0; role < 2; role++) write.stream(role);
  for (const [i, [, role, seconds]] of links.entries()) {
    write.compute(role, seconds, `${i}`);
    if (i > 0) write.after(i - 1, i);
  }
  const graph = write.finish();
  graph.action.set(links.map(([action]) => action));
  return graph;
}
