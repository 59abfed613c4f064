/** Options that the recurrent policies of the 2017 and 2018 papers have in common. */
export interface RecurrentOptions {
  /** Units of the LSTMs; even. */
  readonly hidden: number;
  readonly evaluations: number;
  readonly learningRate: number;
  /** Bound of the gradients' norm. */
  readonly clipNorm: number;
  readonly tanhConstant: number;
  /** Temperature of the logits at first; it falls to 1 over the first `temperatureUntil` of the evaluations. */
  readonly temperature: number;
  readonly temperatureUntil: number;
  /** Share of the baseline that an update keeps. */
  readonly baselineDecay: number;
  /** Share of the evaluations after which placements that do not fit into memory no longer count. */
  readonly failuresCountUntil: number;
  /**
   * Whether the decoder reads the encoder's output of the group that it places, beside the device of the group before.
   * The papers' finds it by attention alone.
   */
  readonly aligned: boolean;
}

/**
 * The clipped norm, the constant and the temperature are near the papers'; the LSTMs have 64 units and not 512, and the
 * search 1,000 evaluations and not tens of thousands, so that it ends in a minute. The learning rate was chosen on a
 * training step of a network like Inception-v3 on one CPU and four GPUs, on one seed: with 0.01 the policy of 2017 is near
 * a single GPU after 60 evaluations, and the best of its first 300 placements is 10 % slower than with 0.003; with 0.001 it
 * takes all 300 to come there.
 */
export const RECURRENT_DEFAULTS: RecurrentOptions = {
  hidden: 64,
  evaluations: 1000,
  learningRate: 0.003,
  clipNorm: 1,
  tanhConstant: 5,
  temperature: 10,
  temperatureUntil: 0.5,
  baselineDecay: 0.9,
  failuresCountUntil: 0.5,
  aligned: true,
};
