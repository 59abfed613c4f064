import { UserError } from '../base/errors.ts';
import type { GraphBuilder, NodeHandle, Value } from './builder.ts';
import { gatheredAgain } from './gathered-again.ts';
import type { Gradient } from './op.ts';
import { add } from './ops/elementwise.ts';
import { constant } from './ops/state.ts';
import { formatSpec } from './tensor-spec.ts';

/**
 * Adds the nodes that compute d(loss)/d(x) for each x of `wrt` and returns their values, in the same order
 * (reverse-mode differentiation over the graph; white paper 2015, section 4.1). The nodes are ordinary: named
 * `gradients/<forward node>/…`, on the device that the forward node asks for. `scale`: times so much.
 *
 * @throws UserError where loss is not a scalar, or does not depend differentiably on an x.
 */
export function gradients(builder: GraphBuilder, loss: Value, wrt: readonly Value[], scale = 1): Value[] {
  if (loss.spec.shape.length !== 0) {
    throw new UserError(`${loss.node.name}: a loss is a scalar, this is ${formatSpec(loss.spec)}`);
  }
  const relevant = nodesBetween(builder, wrt, loss.node);
  const received = new Map<NodeHandle, (Value | undefined)[]>();
  const accumulate = (at: Value, gradient: Value): void => {
    const sums =
      received.get(at.node) ?? new Array<Value | undefined>(at.node.outputs.length).fill(undefined);
    const sum = sums[at.index];
    sums[at.index] = sum === undefined ? gradient : builder.add(add, [sum, gradient], {}, { name: 'Sum' });
    received.set(at.node, sums);
  };

  const seen = gatheredAgain(builder);
  return builder.atRoot(() =>
    builder.scope('gradients', () => {
      const { dtype } = loss.spec;
      accumulate(loss, builder.add(constant, [], { dtype, shape: [], value: [scale] }, { name: 'one' }));
      for (let id = loss.node.id; id >= 0; id--) {
        const node = builder.nodes[id]!;
        const dy = received.get(node);
        if (dy === undefined || !relevant[id]) continue;
        const gradient = node.op.gradient as Gradient<unknown> | undefined;
        if (gradient === undefined) continue;
        const device = builder.authored.getNodeAttribute(node.name, 'device');
        builder.onDevice(device, () =>
          builder.scope(node.name, () => {
            const { outputs, attrs } = node;
            const after = dy.flatMap((value) => (value === undefined ? [] : [value.node]));
            const inputs = node.inputs.map((input) => seen(input, after));
            for (const [i, dx] of gradient({ builder, inputs, outputs, attrs, dy }).entries()) {
              const input = node.inputs[i]!;
              if (dx !== undefined && relevant[input.node.id]) accumulate(input, dx);
            }
          }),
        );
      }
      return wrt.map((x) => {
        const dx = received.get(x.node)?.[x.index];
        if (dx !== undefined) return dx;
        throw new UserError(`${loss.node.name} does not depend differentiably on ${x.node.name}`);
      });
    }),
  );
}

/** Per node id: whether it lies on a path from some x to `end`. */
function nodesBetween(builder: GraphBuilder, wrt: readonly Value[], end: NodeHandle): boolean[] {
  const reached = new Array<boolean>(builder.nodes.length).fill(false);
  for (const x of wrt) reached[x.node.id] = true;
  for (const node of builder.nodes) {
    if (node.inputs.some((input) => reached[input.node.id])) reached[node.id] = true;
  }
  const needed = new Array<boolean>(builder.nodes.length).fill(false);
  needed[end.id] = true;
  for (let id = end.id; id >= 0; id--) {
    if (needed[id]) for (const input of builder.nodes[id]!.inputs) needed[input.node.id] = true;
  }
  return reached.map((r, id) => r && needed[id]!);
}
