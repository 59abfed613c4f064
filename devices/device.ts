import type { DType } from '../base/dtype.ts';
import type { OpClass } from '../base/work.ts';

/** How well we know a number: worst first when several combine. */
export type Evidence = 'assumed' | 'datasheet' | 'measured';

/** A number of the catalog, in SI units (bytes, seconds, flop/s, bytes/s, watts), with where it comes from. */
export interface Quantity {
  readonly value: number;
  readonly evidence: Evidence;
  /** Document and place in it, or the measurement and its method. */
  readonly source: string;
}

export type DeviceKind = 'CPU' | 'GPU' | 'TPU';

/** Share of the peak that large ops of a class reach, and how much arithmetic it takes to get there. */
export interface Efficiency {
  /** Share of peak flop/s for large ops; may exceed 1 where libraries save arithmetic (Winograd). */
  readonly compute: Quantity;
  /** Share of peak memory bandwidth. */
  readonly memory: Quantity;
  /** Flops that the start-up and tail of a kernel cost: time = (flops + rampFlops) / (compute · peak). */
  readonly rampFlops: Quantity;
}

/** A systolic matrix unit: a weight tile of rows × columns stays in place while activations stream through. */
export interface SystolicArray {
  readonly rows: Quantity;
  readonly columns: Quantity;
  readonly count: Quantity;
  readonly clockHertz: Quantity;
}

/** One model of compute device, as the catalog describes it. */
export interface DeviceModel {
  readonly id: string;
  readonly name: string;
  readonly kind: DeviceKind;
  readonly year: number;
  /** Peak dense flop/s (op/s for integers) by type of arithmetic. A missing type has no kernels. */
  readonly peak: { readonly [D in DType]?: Quantity };
  readonly memoryBytes: Quantity;
  readonly memoryBytesPerSecond: Quantity;
  /** Time to issue one kernel: the least that any op takes. */
  readonly launchSeconds: Quantity;
  readonly powerWatts?: Quantity;
  readonly efficiency: { readonly [C in Exclude<OpClass, 'none'>]: Efficiency };
  readonly systolic?: SystolicArray;
}

/** One model of link, per direction. */
export interface LinkModel {
  readonly id: string;
  readonly name: string;
  /** What large messages get, after the link's own framing. */
  readonly bytesPerSecond: Quantity;
  /** The nominal rate, for the record. */
  readonly rawBytesPerSecond: Quantity;
  readonly latencySeconds: Quantity;
}
