import { DTYPE_BYTES } from '../../base/dtype.ts';
import type { GraphBuilder, NodeHandle, Value } from '../builder.ts';
import { cast } from '../ops/cast.ts';
import { assign, type VariableAttrs, variable } from '../ops/state.ts';
import { type Optimizer, updateOptions } from './optimizer.ts';

/**
 * Mixed precision (Micikevicius et al., "Mixed precision training", ICLR 2018, section 3.1): of parameters narrower than
 * 32 bits, float32 copies are kept, which `optimizer` updates, with slots like them, from gradients of the parameters'
 * type; the parameters are what the copies round to. With Adam, a parameter takes 16 bytes: 2, its gradient 2, copy and
 * moments 12 (Rajbhandari et al., "ZeRO", SC 2020, section 3.1). Other parameters are updated themselves.
 */
export function withMasterCopies(optimizer: Optimizer): Optimizer {
  return (builder, gradients) => {
    const masters = gradients.map(({ parameter }) =>
      isNarrow(parameter) ? masterCopy(builder, parameter) : parameter,
    );
    const { nodes, slots } = optimizer(
      builder,
      gradients.map(({ gradient }, i) => ({ parameter: masters[i]!, gradient })),
    );
    const rounded = gradients.flatMap(({ parameter }, i) =>
      masters[i] === parameter ? [] : [writeRounded(builder, parameter, nodes[i]!.outputs[0]!)],
    );
    const own = masters.filter((master, i) => master !== gradients[i]!.parameter);
    return { nodes: [...nodes, ...rounded], slots: [...own, ...slots] };
  };
}

/** Whether a parameter is narrower than what it is updated in. */
export function isNarrow({ spec: { dtype } }: Value): boolean {
  return DTYPE_BYTES[dtype] < DTYPE_BYTES.float32;
}

function masterCopy(builder: GraphBuilder, { node, spec }: Value): Value {
  const own = node.attrs as unknown as VariableAttrs;
  const attrs: VariableAttrs = {
    dtype: 'float32',
    shape: spec.shape,
    trainable: false,
    initializer: 'copy',
    copy: own.copy ?? { of: node.name, attrs: own, part: '0' },
  };
  const device = builder.authored.getNodeAttribute(node.name, 'device');
  return builder.atRoot(() =>
    builder.add(variable, [], attrs, { name: `${node.name}/master`, device, colocateWith: node }),
  );
}

/** parameter := value, rounded to its type. */
function writeRounded(builder: GraphBuilder, parameter: Value, value: Value): NodeHandle {
  const { name, ...place } = updateOptions(builder, parameter);
  const rounded = builder.add(
    cast,
    [value],
    { to: parameter.spec.dtype },
    { name: `${name}/rounded`, ...place },
  );
  return builder.node(assign, [parameter, rounded], {}, { name, ...place });
}
