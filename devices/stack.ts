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
  /** Whether gradients are exchanged while others are still being computed. */
  readonly overlapsGradients: boolean;
}
