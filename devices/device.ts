import type { DType } from '../base/dtype.ts';
import type { OpClass } from '../base/work.ts';
import type { KernelParameters } from './kernels/parameters.ts';
import type { Profile } from './profile.ts';

/** How well we know a number: worst first when several combine. */
export type Evidence = 'assumed' | 'datasheet' | 'measured';

/** A number of the catalog, in SI units (bytes, seconds, flop/s, bytes/s, watts), with where it comes from. */
export interface Quantity {
  readonly value: number;
  readonly evidence: Evidence;
  /** Document and place in it, or the measurement and its method. */
  readonly source: string;
}

/** `ASIC`: other chips made for networks. */
export type DeviceKind = 'CPU' | 'GPU' | 'TPU' | 'ASIC';

/**
 * What multipliers may work in: the element types, and NVIDIA's TensorFloat-32 (float32 range, 10-bit mantissa),
 * which exists inside matrix units only: no tensor is stored in it.
 */
export type ArithmeticType = DType | 'tf32';

/** Classes that launch kernels. */
export type KernelClass = Exclude<OpClass, 'none'>;

/**
 * Kernels of one type of arithmetic: shares of the device's figures, and times, so that they carry over to devices of the
 * same architecture. `kernels/parameters.ts` says what each is.
 */
export interface KernelModel {
  readonly parameters: KernelParameters;
  /** Those of a fit of the catalog. */
  readonly from?: { readonly fit: string; readonly evidence: Evidence; readonly source: string };
  /** Of these, the ones that the device has of its own. */
  readonly own: { readonly [P in keyof KernelParameters]?: Quantity };
}

/** A systolic matrix unit: a weight tile of rows × columns stays in place while activations stream through. */
export interface SystolicArray {
  readonly rows: Quantity;
  readonly columns: Quantity;
  readonly count: Quantity;
  readonly clockHertz: Quantity;
  /**
   * On-chip memory that keeps activations between ops, with one bandwidth for reads and the same for writes;
   * without one they go through the device's memory.
   */
  readonly buffer?: {
    readonly bytes: Quantity;
    readonly bytesPerSecond: Quantity;
    /**
     * Rows of sums below the array, each as wide as it. A product takes its rows through in pieces of at most so many, of half
     * as many where one piece is written out while the next is multiplied.
     */
    readonly accumulatorRows: Quantity;
  };
}

/** The arithmetic that libraries choose for matrix products and convolutions of some element type. */
export interface MultiplyType {
  readonly type: ArithmeticType;
  readonly evidence: Evidence;
  readonly source: string;
}

/** Memory that a device has but tensors cannot use. */
export interface MemoryOverhead {
  /** Taken before the first tensor: by the driver, error correction, and the runtime's context and libraries. */
  readonly reservedBytes: Quantity;
  /** What the allocator takes from the device per byte of live tensors, at its peak: 1 or more. */
  readonly fragmentation: Quantity;
}

/** One model of compute device, as the catalog describes it. */
export interface DeviceModel {
  readonly id: string;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly year: number;
  /** Peak dense flop/s (op/s for integers) by type of arithmetic. A missing type has no kernels. */
  readonly peak: { readonly [T in ArithmeticType]?: Quantity };
  /** Element types whose products are computed in another type; all others are computed in their own. */
  readonly multiplyType?: { readonly [D in DType]?: MultiplyType };
  readonly memoryBytes: Quantity;
  readonly memoryBytesPerSecond: Quantity;
  /** Share of the memory's bandwidth that kernels reach which do nothing but stream: element-wise ops, copies. */
  readonly streamShare: Quantity;
  /** Element-wise operations per second, where they are not half of the float32 peak (which counts multiply-adds). */
  readonly vectorOpsPerSecond?: Quantity;
  /** Time to issue one kernel: the least that any op takes. */
  readonly launchSeconds: Quantity;
  readonly powerWatts?: Quantity;
  /** Of a GPU: streaming multiprocessors or compute units, which take a kernel's blocks in turns. */
  readonly multiprocessors?: Quantity;
  /** Of a CPU: cores, which may work on as many ops at a time. */
  readonly cores?: Quantity;
  /** Of a CPU: time of one of its threads to issue one op to an accelerator. */
  readonly dispatchSeconds?: Quantity;
  /**
   * Of an accelerator: engines that copy beside computation. With 1, copies to and from the device take turns; with
   * 2 or more, each direction has its own.
   */
  readonly copyEngines?: Quantity;
  readonly memoryOverhead?: MemoryOverhead;
  /** Present where the compiler for the device merges element-wise ops into one pass over memory (XLA's fusion). */
  readonly fusesElementwise?: { readonly evidence: Evidence; readonly source: string };
  /** Kernels of `default`, but in the types that are named. */
  readonly kernels: { readonly default: KernelModel } & { readonly [T in ArithmeticType]?: KernelModel };
  readonly systolic?: SystolicArray;
  /** What was measured on such a device: wins over the formulas for the ops that it holds. */
  readonly profile?: Profile;
}

/**
 * One model of link, per direction. A message of n bytes occupies it for messageSeconds + n / bytesPerSecond and is at
 * the other end latencySeconds later. The link's efficiency is bytesPerSecond / rawBytesPerSecond: framing, encoding
 * and protocol are taken off once, in bytesPerSecond, and by nothing else.
 */
export interface LinkModel {
  readonly id: string;
  readonly name: string;
  /** What large messages get, after the link's own framing. */
  readonly bytesPerSecond: Quantity;
  /** The nominal rate, for the record: nothing computes with it. */
  readonly rawBytesPerSecond: Quantity;
  readonly latencySeconds: Quantity;
  /** Time that each message occupies the link besides its bytes (1 / message rate); none unless given. */
  readonly messageSeconds?: Quantity;
  /**
   * Present where the switch that it leads to adds up and multicasts (NVLink SHARP): the share of `bytesPerSecond` that such
   * collectives reach.
   */
  readonly inSwitchShare?: Quantity;
}
