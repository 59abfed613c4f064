import type { DType } from '../base/dtype.ts';
import type { AttrsOf, OpName } from '../graph/ops/index.ts';
import type { Tensor } from '../graph/tensor.ts';
import type { CoordinationOp } from './shared-state.ts';

/** State that kernels read and change; one per session or per simulated cluster. */
export interface KernelContext {
  /** Name of the node that runs; for a Variable, the name of its state. */
  readonly nodeName: string;
  /** Names of the nodes that produced the inputs: the first names the variable that an update changes. */
  readonly inputNames: readonly string[];
  /** Current value of a variable, or undefined before its first use. */
  readVariable(name: string): Tensor | undefined;
  writeVariable(name: string, value: Tensor): void;
  /** Seed of variable initialisers. */
  readonly seed: number;
  /** `{key}` of a pattern replaced by the coordinate of the loop that runs the node; absent where there is no loop. */
  readonly nameIn?: (pattern: string) => string;
  /** Storage for an output, with any content, in the session's memory. */
  allocate(dtype: DType, shape: readonly number[]): Tensor;
}

/** The context of a node that runs by itself, without a session around it. */
export function stateless(nodeName: string, allocate: KernelContext['allocate']): KernelContext {
  return {
    nodeName,
    inputNames: [],
    readVariable: () => undefined,
    writeVariable: () => undefined,
    seed: 0,
    allocate,
  };
}

/** Computes a node's outputs. Inputs are never changed. */
export type Kernel<A> = (inputs: readonly Tensor[], attrs: A, context: KernelContext) => readonly Tensor[];

/** Ops that the executor's own loop performs: they wait for others, or talk to them. */
export type LoopOp = 'Placeholder' | 'Send' | 'Recv' | CoordinationOp;

/** Ops that nothing computes: they can be placed and simulated only. */
export type CostedOp = 'Opaque';

/** Kernels by op name: those of OPS, and of rows from outside the package. */
export type Kernels = { readonly [op: string]: Kernel<never> | undefined };

/** A kernel per op: an op without one does not compile. */
export type KernelTable = { readonly [K in Exclude<OpName, LoopOp | CostedOp>]: Kernel<AttrsOf<K>> };
