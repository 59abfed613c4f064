import { GraphBuilder, type NodeHandle, type Value } from '../../graph/builder.ts';
import { applySparseGradientDescent } from '../../graph/ops/sparse-update.ts';
import {
  accumulatorTake,
  applyGradientDescent,
  assignAdd,
  constant,
  tokenEnqueue,
  variable,
} from '../../graph/ops/state.ts';
import { rowGradients } from '../../graph/optimizers/gradient-descent.ts';
import type { PartitionedGraph } from '../../graph/partition.ts';
import type { Loop } from '../../graph/plan.ts';
import { cutByHints, deviceIndex, type Parameter, parameterServer } from './parameter-servers.ts';
import type { StrategyInput } from './strategy.ts';

/** Workers in step with each other, and what they share beside the variables. */
export interface WorkerGroup {
  /** Workers that get a token after each update. */
  readonly members: number;
  /** Gradients of one step that an update takes. */
  readonly required: number;
  /** Before the names of the group's accumulators, queues and count of steps: '' where there is one group, else a pattern. */
  readonly prefix: string;
}

/**
 * What a chief does again and again, on the parameter servers: takes the mean of a group's gradients of each variable,
 * applies it, counts the step, and hands each member the next token.
 */
export function chiefTemplate(
  { learningRate, parameterServers }: Pick<StrategyInput, 'learningRate' | 'parameterServers'>,
  parameters: readonly Parameter[],
  { members, required, prefix }: WorkerGroup,
): PartitionedGraph {
  const builder = new GraphBuilder();
  const updates = parameters.map(({ name, attrs, device, gradient }): NodeHandle => {
    const ids = accumulatedRows(gradient)?.[1].spec;
    const { dtype, shape } = attrs;
    return builder.onDevice(device, () => {
      const value = builder.add(variable, [], attrs, { name });
      const { outputs } = builder.node(
        accumulatorTake,
        [],
        {
          accumulator: `${prefix}${name}`,
          required,
          dtype,
          shape,
          ...(ids && { ids: ids.shape, filled: ids.filled }),
        },
        { name: `${name}/take` },
      );
      const update = ids === undefined ? applyGradientDescent : applySparseGradientDescent;
      return builder.node(update, [value, ...outputs], { learningRate }, { name: `${name}/update` });
    });
  });
  builder.onDevice(parameterServer(0), () => {
    const int64 = { dtype: 'int64', shape: [] } as const;
    const step = builder.add(
      variable,
      [],
      { ...int64, trainable: false, initializer: 'zeros' },
      { name: `${prefix}global_step` },
    );
    const one = builder.add(constant, [], { ...int64, value: [1] }, { name: 'one' });
    const next = builder.add(assignAdd, [step, one], {}, { name: 'global_step/next', control: updates });
    for (let member = 0; member < members; member++) {
      const queue = `${prefix}tokens/${member}`;
      builder.node(tokenEnqueue, [next], { queue }, { name: `tokens/${member}` });
    }
  });
  const devices = Array.from({ length: parameterServers }, (_, task) => parameterServer(task));
  return cutByHints(builder.finish(), devices);
}

/** A loop that runs a chief's template. One iteration is one update. */
export function chiefLoop(
  input: StrategyInput,
  template: PartitionedGraph,
  name: string,
  group: number,
): Loop {
  return {
    name,
    replica: -1,
    coordinates: { group },
    template,
    device: Int32Array.from(template.devices, (role) => deviceIndex(input, role)),
    ownDevice: new Uint8Array(template.devices.length),
    countsUpdates: true,
  };
}

/** A gradient of rows and the rows' ids, where accumulators keep those (ids are int64). */
export function accumulatedRows(gradient: Value): readonly [slopes: Value, ids: Value] | undefined {
  const rows = rowGradients(gradient);
  return rows?.[1].spec.dtype === 'int64' ? rows : undefined;
}
