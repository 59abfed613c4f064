import type { DType } from '../../base/dtype.ts';
import type { GraphBuilder, Value } from '../builder.ts';

export interface ModelOptions {
  /** Samples that one step of one replica takes. */
  readonly batch: number;
  /** Type of inputs, parameters and arithmetic. */
  readonly dtype: DType;
}

export interface ModelOutputs {
  /** Placeholders: samples [batch, …] and class labels int64 [batch]. */
  readonly samples: Value;
  readonly labels: Value;
  /** [batch, classes], before softmax. */
  readonly logits: Value;
  /** Mean cross-entropy over the batch: a scalar. */
  readonly loss: Value;
  /** Trainable variables, in the order of the layers. */
  readonly parameters: readonly Value[];
}

/** A model of the zoo: how to author its forward graph with its loss. */
export interface Model {
  readonly name: string;
  readonly description: string;
  /** Shape of one sample, without the batch axis. */
  readonly sampleShape: readonly number[];
  readonly classes: number;
  build(builder: GraphBuilder, options: ModelOptions): ModelOutputs;
}

/** Names of the placeholders that every model of the zoo feeds from. */
export const SAMPLES = 'samples';
export const LABELS = 'labels';
