import type { Value } from '../builder.ts';
import { cast } from '../ops/cast.ts';
import { equal } from '../ops/comparison.ts';
import { add } from '../ops/elementwise.ts';
import { matmul } from '../ops/matmul.ts';
import { reshape } from '../ops/shape.ts';
import { constant } from '../ops/state.ts';
import type { Layers } from './layers.ts';
import { lengthOf, parameterShare, type Range } from './parts.ts';

/** Units `range` of the dense layer `name` of `units`: [rows, in] → [rows, length of the range]. */
export function denseShare(layers: Layers, name: string, x: Value, range: Range, units: number): Value {
  const inputs = x.spec.shape[1]!;
  const all: Range = [0, inputs];
  const weights = parameterShare(layers, `${name}/weights`, [inputs, units], [all, range], [inputs, units]);
  const bias = parameterShare(layers, `${name}/bias`, [units], [range]);
  const product = layers.builder.add(matmul, [x, weights], {});
  return layers.builder.add(add, [product, bias], {}, { name: 'BiasAdd' });
}

/** Per row and class of `range`: 1 where the row's label [rows] is that class, else 0. */
export function labelShare({ builder, dtype }: Layers, labels: Value, range: Range): Value {
  const classes = Array.from({ length: lengthOf(range) }, (_, i) => range[0] + i);
  const column = builder.add(reshape, [labels], { shape: [labels.spec.shape[0]!, 1] });
  const row = builder.add(constant, [], { dtype: 'int64', shape: [1, classes.length], value: classes });
  return builder.add(cast, [builder.add(equal, [column, row], {})], { to: dtype });
}
