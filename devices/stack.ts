import type { Quantity } from './device.ts';

/**
 * A software stack: what a framework adds to the kernels. One entry of catalog/stacks each. Scenario files choose one by
 * `runtime.stack`; claims, by the field `stack`.
 */
export interface StackModel {
  readonly id: string;
  readonly name: string;
  readonly year: number;
  /** Time of the host to issue one op to an accelerator; a device starves where its kernels are shorter. */
  readonly dispatchSeconds: Quantity;
  /** Time of a step that no op accounts for: the loop of the training program, reading the loss, the input pipeline's hand-over. */
  readonly stepSeconds: Quantity;
  /** Whether element-wise ops that follow one another are one pass over memory. */
  readonly fusesElementwise: boolean;
  /**
   * Share of the rate of the links between hosts that its exchanges reach, where it was seen to be less than what the
   * collective library's own measurements say; 1 unless given.
   */
  readonly networkShare?: Quantity;
  /** Measured parts of steps, which win over what kernels add up to. */
  readonly measuredBlocks?: MeasuredBlocks;
  /** Per cent of activations that its Transformers drop in training where nothing else is said; 0 unless given. */
  readonly dropoutPercent?: Quantity;
  /**
   * Whether convolutions make the sums that batch normalisation needs of what they write, so that it goes over its input once
   * (cuDNN 8's fused graphs); not unless given.
   */
  readonly mergesStatistics?: boolean;
  /**
   * Whether mixed precision leaves activations between the products of Transformers in float32 (automatic casts: layer
   * normalisation and softmax give float32, and sums with it are float32); not unless given.
   */
  readonly castsAutomatically?: boolean;
  /** Whether gradients are exchanged while others are still being computed. */
  readonly overlapsGradients: boolean;
}

/** A micro-batch of Transformers, forward and backward, as it was measured on a device with this stack. */
export interface MeasuredBlocks {
  /** Ids of the devices that it holds for. */
  readonly devices: readonly string[];
  /** By `blockKey`: of one block, and of all that is not in blocks (embedding, loss). */
  readonly seconds: Readonly<Record<string, number>>;
}

/** Which blocks are alike: those of equal widths, cut into as many parts. */
export interface BlockShape {
  readonly hidden: number;
  readonly heads: number;
  readonly sequence: number;
  readonly tensor: number;
  readonly micro_batch: number;
}

export function blockKey(part: 'block' | 'ends', shape: BlockShape): string {
  const { hidden, heads, sequence, tensor, micro_batch } = shape;
  return `${part}: hidden ${hidden}, heads ${heads}, sequence ${sequence}, tensor ${tensor}, micro_batch ${micro_batch}`;
}
