import { nonNegativeLeastSquares } from '../../base/least-squares.ts';
import { quantile } from '../../base/statistics.ts';
import type { Profile } from '../../devices/profile.ts';
import { ThreadedSession } from '../../executor/device-threads/threaded-session.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import { neg } from '../../graph/ops/elementwise.ts';
import { variable } from '../../graph/ops/state.ts';
import { nodeSeconds } from './local-cost.ts';
import { localStep } from './local-step.ts';

/** Elements of the tensors that go to and fro. */
const SIZES = [4, 4096, 65_536, 262_144, 1_048_576];
const CROSSINGS = [2, 10];

/** Times of tensors between two threads of a session whose devices are threads: latency and bandwidth, and what a step costs. */
export async function measureExchange(
  profile: Profile,
  quick: boolean,
): Promise<NonNullable<Profile['exchange']>> {
  const rows: number[][] = [];
  const rest: number[] = [];
  for (const elements of SIZES) {
    for (const crossings of CROSSINGS) {
      const { seconds, computing } = await chain(elements, crossings, profile, quick ? 15 : 40);
      // seconds = computing + step + crossings · (latency + bytes / bandwidth), by relative errors.
      rows.push([1e-6, 1e-6 * crossings, 1e-9 * crossings * 4 * elements].map((unit) => unit / seconds));
      rest.push(Math.max(0, 1 - computing / seconds));
    }
  }
  const [step, latency, perByte] = nonNegativeLeastSquares(rows, rest) as [number, number, number];
  return {
    latencySeconds: latency * 1e-6,
    bytesPerSecond: 1 / Math.max(perByte * 1e-9, 1e-13),
    stepSeconds: step * 1e-6,
  };
}

/** A chain of negations, each on the other device than the one before. */
async function chain(
  elements: number,
  crossings: number,
  profile: Profile,
  runs: number,
): Promise<{ seconds: number; computing: number }> {
  const builder = new GraphBuilder();
  const shape = [elements];
  let x: Value = builder.add(variable, [], {
    dtype: 'float32',
    shape,
    trainable: false,
    initializer: 'ones',
  });
  for (let i = 0; i <= crossings; i++) x = builder.add(neg, [x], {}, { name: `hop${i}` });
  const graph = builder.finish();
  const deviceOf = Int32Array.from(graph.name, (name) =>
    name.startsWith('hop') ? Number(name.slice('hop'.length)) % 2 : 0,
  );
  const placement = { devices: ['/task:0', '/task:1'], deviceOf };
  const step = localStep({ graph, feeds: [], loss: x.node.name, targets: [] }, placement);
  const computing = nodeSeconds(step.program, profile).reduce((sum, node) => sum + node, 0);
  const session = new ThreadedSession(graph, { placement });
  // Not the result, which would be copied to this thread.
  const request = { targets: [x.node.name] };
  try {
    const times: number[] = [];
    for (let run = 0; run < runs + 3; run++) {
      const began = performance.now();
      await session.run(request);
      if (run >= 3) times.push((performance.now() - began) / 1000);
    }
    return { seconds: quantile(times, 0.25), computing };
  } finally {
    await session.close();
  }
}
