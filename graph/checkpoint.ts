import type { GraphBuilder, NodeHandle, Value } from './builder.ts';
import { restore, save } from './ops/checkpoint.ts';
import { assign, noOp } from './ops/state.ts';
import { formatSpec } from './tensor-spec.ts';

/** The nodes that addCheckpoint() adds; run by name. */
export interface CheckpointNodes {
  /** Writes the variables' values at the moment to the file. Named `save`. */
  readonly save: NodeHandle;
  /** Gives all variables the values in the file. Named `restore`. */
  readonly restore: NodeHandle;
}

/**
 * Adds nodes that write `variables` to the file at `path` and read them back (white paper 2015, section 3.3). Run `save`
 * as a step of its own: within a training step it would read the values from before or after an update.
 */
export function addCheckpoint(
  builder: GraphBuilder,
  variables: readonly Value[],
  path: string,
): CheckpointNodes {
  const names = variables.map(({ node }) => node.name);
  const specs = variables.map(({ spec }) => formatSpec(spec));
  return builder.atRoot(() => {
    const saved = builder.node(save, variables, { path, names }, { name: 'save' });
    const restored = builder.node(restore, [], { path, names, specs }, { name: 'restored' });
    const assigned = variables.map((variable, i) =>
      builder.node(
        assign,
        [variable, restored.outputs[i]!],
        {},
        {
          name: `${variable.node.name}/restore`,
          device: builder.authored.getNodeAttribute(variable.node.name, 'device'),
          colocateWith: variable.node,
        },
      ),
    );
    return { save: saved, restore: builder.node(noOp, [], {}, { name: 'restore', control: assigned }) };
  });
}
