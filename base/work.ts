import type { DType } from './dtype.ts';

/**
 * What limits an op, hence which of a device's kernels run it.
 *
 * - `matmul`: dense matrix products
 * - `conv3x3`: convolutions with a 3×3 filter and stride 1, and their gradients (libraries may use Winograd's algorithm)
 * - `conv`: all other convolutions and their gradients
 * - `vector`: element-wise ops, reductions, pooling, normalisation
 * - `data`: pure data movement
 * - `none`: no kernel is launched (reads of a variable, reshapes, control)
 */
export type OpClass = 'matmul' | 'conv3x3' | 'conv' | 'vector' | 'data' | 'none';

/** A tensor of which only the type and the extents matter. */
export interface TensorExtents {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** Which kernel runs on what: a measured profile knows times by it. */
export interface KernelCall {
  readonly op: string;
  readonly inputs: readonly TensorExtents[];
  readonly outputs: readonly TensorExtents[];
}

/** What one run of one op asks of a device. A multiply-add counts as 2 flops. */
export interface Work {
  readonly class: OpClass;
  /** Type of the arithmetic. */
  readonly dtype: DType;
  readonly flops: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /**
   * For `matmul` and convolutions: the matrix product [m × k] · [k × n] that it is or lowers to (im2col); `count` of
   * them, each with operands of its own, for a batch of products and the groups of a convolution. Default: as many
   * whole ones as the flops are.
   */
  readonly gemm?: { readonly m: number; readonly n: number; readonly k: number; readonly count?: number };
  /** Of a node of a graph; formulas need none. */
  readonly call?: KernelCall;
  /** For convolutions: what is computed, and from how many elements of a filter's window. */
  readonly convolution?: {
    readonly pass: 'forward' | 'input-gradient' | 'filter-gradient';
    readonly taps: number;
  };
}

export const NO_WORK: Work = { class: 'none', dtype: 'float32', flops: 0, bytesRead: 0, bytesWritten: 0 };
