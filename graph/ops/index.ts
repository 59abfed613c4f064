import type { Op } from '../op.ts';
import * as state from './state.ts';

/** Every op that there is. Adding one is a row in a family file, a line here, and a kernel in executor/. */
export const OPS = {
  Placeholder: state.placeholder,
  Constant: state.constant,
  Variable: state.variable,
  Assign: state.assign,
  AssignAdd: state.assignAdd,
  ApplyGradientDescent: state.applyGradientDescent,
  AccumulatorApply: state.accumulatorApply,
  AccumulatorTake: state.accumulatorTake,
  TokenEnqueue: state.tokenEnqueue,
  TokenDequeue: state.tokenDequeue,
  Send: state.send,
  Recv: state.recv,
  NoOp: state.noOp,
} as const;

export type OpName = keyof typeof OPS;
/** Attributes of the op named K. */
export type AttrsOf<K extends OpName> = (typeof OPS)[K] extends Op<infer A> ? A : never;
