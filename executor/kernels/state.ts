import { UserError } from '../../base/errors.ts';
import type { AttrsOf } from '../../graph/ops/index.ts';
import { literalTensor, type VariableAttrs } from '../../graph/ops/state.ts';
import type { Tensor } from '../../graph/tensor.ts';
import type { Kernel, KernelContext } from '../kernel.ts';
import { add } from './elementwise.ts';
import { initialValue } from './initial-value.ts';

export const constant: Kernel<AttrsOf<'Constant'>> = (_inputs, attrs) => [literalTensor(attrs)];

/** Initialises on first use. */
export const variable: Kernel<VariableAttrs> = (_inputs, attrs, context) => {
  let value = context.readVariable(context.nodeName);
  if (value === undefined) {
    value = initialValue(context.nodeName, attrs, context.seed, context.nameIn);
    context.writeVariable(context.nodeName, value);
  }
  return [value];
};

/** The value now of the variable that input `i` names: the one read may be older. */
export function currentValue(context: KernelContext, i: number): Tensor {
  const name = context.inputNames[i]!;
  const current = context.readVariable(name);
  if (current === undefined) {
    throw new UserError(`${context.nodeName}: its input ${i} has to be a variable; ${name} is none`);
  }
  return current;
}

/**
 * Changes the variable that the first input names, from its value now. The new value is a new tensor, so whoever read
 * the old one keeps it.
 */
function change(context: KernelContext, next: (current: Tensor) => Tensor): readonly Tensor[] {
  const value = next(currentValue(context, 0));
  context.writeVariable(context.inputNames[0]!, value);
  return [value];
}

export const assign: Kernel<AttrsOf<'Assign'>> = ([, value], _attrs, context) =>
  change(context, () => value!);

export const assignAdd: Kernel<AttrsOf<'AssignAdd'>> = ([, value], _attrs, context) =>
  change(context, (current) => add([current, value!], {}, context)[0]!);

export const noOp: Kernel<AttrsOf<'NoOp'>> = () => [];
