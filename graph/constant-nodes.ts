import type { NodeHandle } from './builder.ts';
import { ROWS as RANDOM } from './ops/random.ts';

/** Per node: whether it is a constant, or made of constants only and the same whenever it is run. */
export function isConstant(nodes: readonly NodeHandle[]): readonly boolean[] {
  const constant: boolean[] = [];
  for (const { op, inputs } of nodes) {
    const draws = Object.hasOwn(RANDOM, op.name) || op.name === 'Dropout';
    const made = inputs.length > 0 && inputs.every(({ node }) => constant[node.id]);
    constant.push(op.name === 'Constant' || (made && !draws && op.effect !== true));
  }
  return constant;
}
