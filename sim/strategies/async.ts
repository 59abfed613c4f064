import { noOp } from '../../graph/ops/state.ts';
import { descend } from '../../graph/optimizers/gradient-descent.ts';
import type { Plan } from '../../graph/plan.ts';
import { workerLoop, workerTemplate } from './parameter-servers.ts';
import type { Strategy, StrategyInput } from './strategy.ts';
import { homesLabel, serverOptions } from './variable-homes.ts';

/**
 * Asynchronous data parallelism: each worker reads the parameters, computes a gradient and applies it at once,
 * whatever the others have changed meanwhile (OSDI'16, section 4.4, figure 4a). One worker step is one update.
 */
export const asynchronous: Strategy<typeof serverOptions> = {
  kind: 'async',
  description: 'each worker applies its gradient at once; parameters may have moved on meanwhile',
  options: serverOptions,
  usesServers: true,
  hasNumbers: true,
  refuses: () => undefined,
  replicas: ({ workers }) => workers,
  gradientsPerUpdate: () => 1,
  label: (options) => `asynchronous${homesLabel(options)}`,
  plan: asynchronousPlan,
};

export function asynchronousPlan(input: StrategyInput<typeof serverOptions>): Plan {
  const { template } = workerTemplate(input, {
    start: (builder) => builder.node(noOp, [], {}, { name: 'start' }),
    deliver: (builder, { value, gradient }) => {
      descend(builder, value, gradient, input.learningRate);
    },
  });
  return {
    loops: input.workerDevices.map((_, r) => workerLoop(input, template, r, { countsUpdates: true })),
    accumulators: [],
    queues: [],
    updates: input.updates,
  };
}
