import type { DType } from './dtype.ts';

/**
 * What limits an op, hence which of a device's kernels run it.
 *
 * - `matmul`: dense matrix products
 * - `attention`: products of attention that never write their scores, with what is done to these (FlashAttention)
 * - `conv3x3`: convolutions with a 3×3 filter and stride 1, and their gradients (libraries may use Winograd's algorithm)
 * - `conv`: all other convolutions and their gradients
 * - `vector`: element-wise ops, reductions, pooling, normalisation
 * - `data`: pure data movement
 * - `none`: no kernel is launched (reads of a variable, reshapes, control)
 */
export type OpClass = 'matmul' | 'attention' | 'conv3x3' | 'conv' | 'vector' | 'data' | 'none';

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

/** A convolution or one of its gradients: `gemm` alone does not say how often the images are read. */
export interface ConvolutionWork {
  readonly pass: 'forward' | 'input-gradient' | 'filter-gradient';
  readonly batch: number;
  /** Of a group: of the images, and of the result. */
  readonly channels: number;
  readonly filters: number;
  /** Per spatial axis: extents of the images, of the result, of a filter, and the strides. */
  readonly images: readonly number[];
  readonly positions: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  /** No strides, no dilations, one group: what fast algorithms are for. */
  readonly isPlain: boolean;
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
  readonly gemm?: {
    readonly m: number;
    readonly n: number;
    readonly k: number;
    readonly count?: number;
    /** Of `count`, how many wait for one another: time steps of a recurrent layer. 1 unless given. */
    readonly steps?: number;
  };
  /** Whether it does nothing but finish a product's sums, which a device may do as they leave its accumulators. */
  readonly isEpilogue?: boolean;
  /** Of a node of a graph; formulas need none. */
  readonly call?: KernelCall;
  /** For convolutions that libraries have kernels of their own for. */
  readonly convolution?: ConvolutionWork;
}

export const NO_WORK: Work = { class: 'none', dtype: 'float32', flops: 0, bytesRead: 0, bytesWritten: 0 };
