import type { DType } from '../../base/dtype.ts';
import type { GraphBuilder, Value } from '../builder.ts';
import { conv } from '../ops/convolution.ts';
import { add, relu } from '../ops/elementwise.ts';
import { softmaxCrossEntropyLoss } from '../ops/loss.ts';
import { matmul } from '../ops/matmul.ts';
import { batchNormalization } from '../ops/normalization.ts';
import { reshape } from '../ops/shape.ts';
import { assign, placeholder, type VariableAttrs, variable } from '../ops/state.ts';
import { elementCount } from '../tensor-spec.ts';
import { LABELS, type Model, type ModelOptions, type ModelOutputs, SAMPLES } from './model.ts';

export interface ConvolutionShape {
  readonly filters: number;
  /** Height and width of the filter. */
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  /** `same`: (kernel − 1) / 2 zeros on each side, so that the image keeps its size at stride 1; `valid`: no padding. */
  readonly padding: 'same' | 'valid';
}

/** Layers over a builder; collects the parameters that they make. */
export class Layers {
  readonly builder: GraphBuilder;
  readonly parameters: Value[] = [];
  private readonly dtype: DType;

  constructor(builder: GraphBuilder, dtype: DType) {
    this.builder = builder;
    this.dtype = dtype;
  }

  /** [batch, in] → [batch, units]: x · weights + bias. */
  dense(name: string, x: Value, units: number): Value {
    return this.builder.scope(name, () => {
      const inputs = x.spec.shape[1]!;
      const weights = this.parameter('weights', [inputs, units], inputs, units);
      const bias = this.parameter('bias', [units]);
      return this.builder.add(
        add,
        [this.builder.add(matmul, [x, weights], {}), bias],
        {},
        { name: 'BiasAdd' },
      );
    });
  }

  /** Convolution with bias, then ReLU. */
  convRelu(name: string, x: Value, shape: ConvolutionShape): Value {
    return this.builder.scope(name, () => {
      const y = this.convolution(x, shape, [this.parameter('bias', [shape.filters])]);
      return this.builder.add(relu, [y], {});
    });
  }

  /** Convolution without bias, batch normalisation with scale and shift, then ReLU. */
  convNormRelu(name: string, x: Value, shape: ConvolutionShape): Value {
    return this.builder.scope(name, () => {
      const y = this.batchNorm(this.convolution(x, shape, []), shape.filters);
      return this.builder.add(relu, [y], {});
    });
  }

  /** [batch, …] → [batch, the rest as one axis] */
  flatten(x: Value): Value {
    const [batch, ...rest] = x.spec.shape;
    return this.builder.add(reshape, [x], { shape: [batch!, elementCount(rest)] }, { name: 'flatten' });
  }

  private convolution(
    x: Value,
    { filters, kernel, stride = 1, padding }: ConvolutionShape,
    bias: Value[],
  ): Value {
    const channels = x.spec.shape[1]!;
    const [height, width] = kernel;
    const window = height * width;
    const weights = this.parameter(
      'weights',
      [filters, channels, height, width],
      window * channels,
      window * filters,
    );
    const [y, z] = padding === 'same' ? [(height - 1) >> 1, (width - 1) >> 1] : [0, 0];
    return this.builder.add(conv, [x, weights, ...bias], { strides: [stride, stride], pads: [y, z, y, z] });
  }

  private batchNorm(x: Value, channels: number): Value {
    const { builder } = this;
    const scale = this.parameter('scale', [channels], undefined, undefined, 'ones');
    const shift = this.parameter('shift', [channels]);
    const mean = this.variable('running_mean', [channels], 'zeros', false);
    const variance = this.variable('running_variance', [channels], 'ones', false);
    const { outputs } = builder.node(batchNormalization, [x, scale, shift, mean, variance], {
      training_mode: true,
    });
    for (const [running, updated] of [
      [mean, outputs[1]!],
      [variance, outputs[2]!],
    ] as const) {
      builder.node(assign, [running, updated], {}, { colocateWith: running.node });
    }
    return outputs[0]!;
  }

  /** A trainable variable: Glorot-uniform where fans are given, else `initializer`. */
  private parameter(
    name: string,
    shape: readonly number[],
    fanIn?: number,
    fanOut?: number,
    initializer: VariableAttrs['initializer'] = fanIn === undefined ? 'zeros' : 'glorot',
  ): Value {
    const value = this.variable(name, shape, initializer, true, fanIn, fanOut);
    this.parameters.push(value);
    return value;
  }

  private variable(
    name: string,
    shape: readonly number[],
    initializer: VariableAttrs['initializer'],
    trainable: boolean,
    fanIn?: number,
    fanOut?: number,
  ): Value {
    const attrs = { dtype: this.dtype, shape, trainable, initializer, fanIn, fanOut };
    return this.builder.add(variable, [], attrs, { name });
  }
}

/** A model that classifies samples: placeholders, the body's logits, mean cross-entropy. */
export function classifier(
  facts: Pick<Model, 'name' | 'description' | 'sampleShape' | 'classes'>,
  body: (layers: Layers, samples: Value) => Value,
): Model {
  const build = (builder: GraphBuilder, { batch, dtype }: ModelOptions): ModelOutputs => {
    const layers = new Layers(builder, dtype);
    const samples = builder.add(
      placeholder,
      [],
      { dtype, shape: [batch, ...facts.sampleShape] },
      { name: SAMPLES },
    );
    const labels = builder.add(placeholder, [], { dtype: 'int64', shape: [batch] }, { name: LABELS });
    const logits = body(layers, samples);
    const loss = builder.add(softmaxCrossEntropyLoss, [logits, labels], {}, { name: 'loss' });
    return { samples, labels, logits, loss, parameters: layers.parameters };
  };
  return { ...facts, build };
}
