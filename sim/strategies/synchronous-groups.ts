import type { Value } from '../../graph/builder.ts';
import { identity } from '../../graph/ops/shape.ts';
import { accumulatorApply, tokenDequeue } from '../../graph/ops/state.ts';
import type { Plan } from '../../graph/plan.ts';
import { accumulatedRows, chiefLoop, chiefTemplate } from './chief.ts';
import { parameterServer, workerLoop, workerTemplate } from './parameter-servers.ts';
import type { serverOptions } from './server-options.ts';
import type { StrategyInput } from './strategy.ts';

/**
 * Synchronous data parallelism in `groups` groups of workers, after TensorFlow's SyncReplicasOptimizer (OSDI'16, section
 * 4.4, figures 4b and 4c). A worker waits for a token, reads the parameters, and hands its gradients to its group's
 * accumulator of each variable. The group's chief, a loop on the parameter servers, takes the mean of the first `required`
 * gradients of each, applies it, and hands out the next tokens. With fewer required than members, the rest are backups:
 * late gradients are dropped. Groups share the variables and nothing else: each applies its means when it has them,
 * whatever the others have changed meanwhile. Workers r, r + 1, … are of one group.
 *
 * In one point it follows Chen et al. ("Revisiting distributed synchronous SGD", 2016) instead: a worker that was late
 * goes on from the newest parameters. SyncReplicasOptimizer has one queue of tokens for all, in which those that a
 * late worker left behind make others repeat an old step, whose gradients are then dropped too.
 */
export function synchronousGroups(
  input: StrategyInput<typeof serverOptions>,
  groups: number,
  required: number,
): Plan {
  const members = input.workers / groups;
  const prefix = groups === 1 ? '' : '{group}/';
  let token: Value | undefined;
  const { template, parameters } = workerTemplate(input, {
    // The token travels to the worker, which then asks for the parameters and sends the token along with gradients.
    start: (builder) => {
      const device = parameterServer(0);
      const queue = `${prefix}tokens/{member}`;
      const dequeued = builder.add(tokenDequeue, [], { queue }, { device });
      token = builder.add(identity, [dequeued], {}, { name: 'local_step' });
      return token.node;
    },
    deliver: (builder, { name, gradient }) =>
      builder.node(
        accumulatorApply,
        [...(accumulatedRows(gradient) ?? [gradient]), token!],
        { accumulator: `${prefix}${name}`, required },
        { name: `${name}/accumulate` },
      ),
  });
  const chief = chiefTemplate(input, parameters, { members, required, prefix });
  const ofGroups = Array.from({ length: groups }, (_, group) => group);
  const named = (group: number): string => prefix.replace('{group}', String(group));
  return {
    loops: [
      ...ofGroups.map((group) => chiefLoop(input, chief, groups === 1 ? 'chief' : `chief/${group}`, group)),
      ...input.workerDevices.map((_, r) => {
        const coordinates = { group: Math.floor(r / members), member: r % members };
        return workerLoop(input, template, r, { countsUpdates: false, coordinates });
      }),
    ],
    accumulators: ofGroups.flatMap((group) =>
      parameters.map(({ name }) => ({ name: `${named(group)}${name}`, required })),
    ),
    queues: ofGroups.flatMap((group) =>
      Array.from({ length: members }, (_, member) => ({ name: `${named(group)}tokens/${member}`, first: 0 })),
    ),
    updates: input.updates,
  };
}
