import type { GraphBuilder, NodeHandle, Value } from './builder.ts';
import type { AllGatherAttrs } from './ops/collective.ts';

/**
 * Values of the forward pass as backward sees them. What an AllGather with `again` gathered is not kept for it, but gathered
 * anew, once for all that read it, when the first gradient is there that is to meet it (Korthikanti et al., "Reducing
 * Activation Recomputation in Large Transformer Models", 2022, section 4.2.2). `after`: what makes that gradient.
 */
export function gatheredAgain(builder: GraphBuilder): (value: Value, after: readonly NodeHandle[]) => Value {
  const gathered = new Map<Value, Value>();
  const of = (value: Value, after: readonly NodeHandle[]): Value => {
    const { node, index } = value;
    const known = gathered.get(value);
    if (known !== undefined) return known;
    let anew = value;
    if (node.op.name === 'AllGather' && (node.attrs as Partial<AllGatherAttrs>).again === true) {
      const attrs = node.attrs as AllGatherAttrs;
      anew = builder.node(node.op, node.inputs, attrs as never, { control: after }).outputs[index]!;
    } else if (node.op.name === 'Reshape') {
      const whole = of(node.inputs[0]!, after);
      if (whole !== node.inputs[0]) anew = builder.add(node.op, [whole], node.attrs as never);
    }
    gathered.set(value, anew);
    return anew;
  };
  return of;
}
