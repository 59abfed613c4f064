import { clockTick, clockWait } from '../../graph/ops/clock.ts';
import { noOp } from '../../graph/ops/state.ts';
import { descend } from '../../graph/optimizers/gradient-descent.ts';
import type { Plan } from '../../graph/plan.ts';
import { optionalCount } from './options.ts';
import { parameterServer, workerLoop, workerTemplate } from './parameter-servers.ts';
import { homesLabel, serverOptions, serverRefusal } from './server-options.ts';
import type { Strategy, StrategyInput } from './strategy.ts';

const options = {
  ...serverOptions,
  staleness: optionalCount(
    0,
    10_000,
    'Steps that a worker may be ahead of the slowest (stale synchronous parallel); any number unless given.',
  ),
};

/**
 * Asynchronous data parallelism: each worker reads the parameters, computes a gradient and applies it at once,
 * whatever the others have changed meanwhile (OSDI'16, section 4.4, figure 4a). One worker step is one update.
 *
 * With a bound on staleness s (stale synchronous parallel; Ho et al., "More effective distributed ML via a stale
 * synchronous parallel parameter server", NIPS 2013, section 2) a worker that has ended k steps waits until all others have
 * ended k − s, and so sees of them at least the updates of those steps.
 */
export const asynchronous: Strategy<typeof options> = {
  kind: 'async',
  description: 'each worker applies its gradient at once; parameters may have moved on meanwhile',
  options,
  usesServers: true,
  refuses: serverRefusal,
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: () => 1,
  label: (chosen) => {
    const bound = chosen.staleness === undefined ? '' : `, at most ${chosen.staleness} ahead`;
    return `asynchronous${bound}${homesLabel(chosen)}`;
  },
  plan: (input) => asynchronousPlan(input, input.options.staleness),
};

/** The name of the clock of all workers. */
const CLOCK = 'steps';

export function asynchronousPlan(input: StrategyInput<typeof serverOptions>, staleness?: number): Plan {
  const bounded = staleness !== undefined;
  const { template } = workerTemplate(input, {
    start: (builder) => {
      const before = bounded
        ? [builder.node(clockWait, [], { clock: CLOCK }, { device: parameterServer(0) })]
        : [];
      return builder.node(noOp, [], {}, { name: 'start', control: before });
    },
    deliver: (builder, { value, gradient }) => descend(builder, value, gradient, input.learningRate),
    end: (builder, updates) => {
      if (bounded)
        builder.node(clockTick, [], { clock: CLOCK }, { device: parameterServer(0), control: updates });
    },
  });
  return {
    loops: input.workerDevices.map((_, r) => workerLoop(input, template, r, { countsUpdates: true })),
    accumulators: [],
    queues: [],
    ...(bounded && { clocks: [{ name: CLOCK, workers: input.workers, bound: staleness }] }),
    updates: input.updates,
  };
}
