import type { DType } from '../../base/dtype.ts';
import type { GraphBuilder, Value } from '../builder.ts';
import { conv } from '../ops/convolution.ts';
import { add, relu } from '../ops/elementwise.ts';
import { matmul } from '../ops/matmul.ts';
import { maxPool } from '../ops/pooling.ts';
import { reshape } from '../ops/shape.ts';
import { placeholder, type VariableAttrs, variable } from '../ops/state.ts';
import { elementCount } from '../tensor-spec.ts';
import { batchNorm, fixedNorm } from './batch-norm.ts';
import type { Feed, GroupRank, ModelPart } from './model.ts';

export interface ConvolutionShape {
  readonly filters: number;
  /** Height and width of the filter. */
  readonly kernel: readonly [number, number];
  readonly stride?: number;
  /**
   * `same`: (kernel − 1) / 2 zeros on each side, so that the image keeps its size at stride 1; `valid`: no padding;
   * or so many zeros on each side.
   */
  readonly padding: 'same' | 'valid' | number;
  /** Groups of channels that see only each other. */
  readonly group?: number;
}

/** An axis of a parameter that ranks divide among themselves, and which of them this one is. */
export interface Cut {
  readonly axis: number;
  /** None: the axis is not divided. */
  readonly among: GroupRank | undefined;
}

/** Layers over a builder; collects the placeholders and parameters that they make, and where they may be cut. */
export class Layers {
  readonly builder: GraphBuilder;
  readonly dtype: DType;
  readonly feeds: Feed[] = [];
  readonly parameters: Value[] = [];
  readonly cuts: Value[] = [];
  /** Of `parameters`: those of `ModelOutputs.partialGradients` and `ModelOutputs.expertParameters`. */
  readonly partialGradients: Value[] = [];
  readonly expertParameters: Value[] = [];
  /** Which rank's part of the model this is, where there are several. */
  readonly tensor: GroupRank | undefined;
  readonly expert: GroupRank | undefined;
  /** Whether the tensor ranks divide by words what they do not divide otherwise. */
  readonly sequence: boolean;
  /** Parameter servers that large weights are computed with on; see ModelOptions. */
  readonly servers: number | undefined;
  /** What training leaves as it is, of layers that are made now. */
  private keeps: 'nothing' | 'normalization' | 'parameters' = 'nothing';

  constructor(builder: GraphBuilder, dtype: DType, part: ModelPart = {}, servers?: number) {
    const several = (rank: GroupRank | undefined) =>
      rank !== undefined && rank.ranks > 1 ? rank : undefined;
    this.builder = builder;
    this.dtype = dtype;
    this.servers = servers;
    this.tensor = several(part.tensor);
    this.expert = several(part.expert);
    this.sequence = this.tensor !== undefined && part.sequence === true;
  }

  /** A placeholder of numbers; 8-bit ones are at least 0. */
  numbers(name: string, shape: readonly number[]): Value {
    const value = this.builder.add(placeholder, [], { dtype: this.dtype, shape }, { name });
    this.feeds.push(this.dtype === 'int8' ? { value, below: 128 } : { value });
    return value;
  }

  /** A placeholder of int64 in 0 … below − 1. */
  integers(name: string, shape: readonly number[], below: number): Value {
    const value = this.builder.add(placeholder, [], { dtype: 'int64', shape }, { name });
    this.feeds.push({ value, below });
    return value;
  }

  /** x, as a value where a pipeline may be cut: see `ModelOutputs.cuts`. */
  boundary(x: Value): Value {
    this.cuts.push(x);
    return x;
  }

  /** [rows, in] → [rows, units]: x · weights + bias. */
  dense(name: string, x: Value, units: number): Value {
    return this.builder.scope(name, () => this.biased(this.product(x, units), units));
  }

  /** Dense, then ReLU. */
  denseRelu(name: string, x: Value, units: number): Value {
    return this.builder.scope(name, () =>
      this.builder.add(relu, [this.biased(this.product(x, units), units)], {}),
    );
  }

  /** [rows, in] → [rows, units]: x · weights. */
  linear(name: string, x: Value, units: number): Value {
    return this.builder.scope(name, () => this.product(x, units));
  }

  /** x · weights, of `units` columns in all. Where ranks divide the rows (axis 0), x is this one's columns: a share. */
  product(x: Value, units: number, cut?: Cut): Value {
    const columns = x.spec.shape[1]!;
    const inputs = cut?.axis === 0 ? columns * (cut.among?.ranks ?? 1) : columns;
    const weights = this.parameter('weights', [inputs, units], inputs, units, 'glorot', cut && [cut]);
    return this.builder.add(matmul, [x, weights], {});
  }

  /** y + bias, of `units` columns in all, which ranks may divide. */
  biased(y: Value, units: number, among?: GroupRank): Value {
    const bias = this.parameter('bias', [units], undefined, undefined, 'zeros', [{ axis: 0, among }]);
    return this.plus(y, bias);
  }

  /** y + bias, for rows of the rank's own words (see `ofOwnWords`). */
  ownBiased(y: Value): Value {
    return this.plus(y, this.ofOwnWords(this.parameter('bias', [y.spec.shape[1]!])));
  }

  private plus(y: Value, bias: Value): Value {
    return this.builder.add(add, [y, bias], {}, { name: 'BiasAdd' });
  }

  /** A parameter that is used for the rank's own words: see `ModelOutputs.partialGradients`. */
  ofOwnWords(parameter: Value): Value {
    if (this.sequence) this.partialGradients.push(parameter);
    return parameter;
  }

  /** Convolution with bias, then ReLU. */
  convRelu(name: string, x: Value, shape: ConvolutionShape): Value {
    return this.builder.scope(name, () => {
      const y = this.convolution(x, shape, [this.parameter('bias', [shape.filters])]);
      return this.builder.add(relu, [y], {});
    });
  }

  /** Convolution without bias, batch normalisation with scale and shift. */
  convNorm(name: string, x: Value, shape: ConvolutionShape): Value {
    return this.builder.scope(name, () => this.batchNorm(this.convolution(x, shape, []), shape.filters));
  }

  /** Convolution without bias, batch normalisation with scale and shift, then ReLU. */
  convNormRelu(name: string, x: Value, shape: ConvolutionShape): Value {
    return this.builder.scope(name, () => {
      const y = this.batchNorm(this.convolution(x, shape, []), shape.filters);
      return this.builder.add(relu, [y], {});
    });
  }

  /** The greatest of each window, without padding. */
  maxPool(name: string, x: Value, window: number, stride: number): Value {
    return this.builder.add(
      maxPool,
      [x],
      { kernel_shape: [window, window], strides: [stride, stride] },
      { name },
    );
  }

  /** [batch, …] → [batch, the rest as one axis] */
  flatten(x: Value): Value {
    const [batch, ...rest] = x.spec.shape;
    return this.builder.add(reshape, [x], { shape: [batch!, elementCount(rest)] }, { name: 'flatten' });
  }

  private convolution(
    x: Value,
    { filters, kernel, stride = 1, padding, group = 1 }: ConvolutionShape,
    bias: Value[],
  ): Value {
    const channels = x.spec.shape[1]! / group;
    const [height, width] = kernel;
    const window = height * width;
    const weights = this.parameter(
      'weights',
      [filters, channels, height, width],
      window * channels,
      (window * filters) / group,
    );
    const pad = (extent: number): number =>
      padding === 'same' ? (extent - 1) >> 1 : padding === 'valid' ? 0 : padding;
    const [y, z] = [pad(height), pad(width)];
    return this.builder.add(conv, [x, weights, ...bias], {
      strides: [stride, stride],
      pads: [y, z, y, z],
      ...(group === 1 ? {} : { group }),
    });
  }

  private batchNorm(x: Value, channels: number): Value {
    return this.keeps === 'nothing' ? batchNorm(this, x, channels) : fixedNorm(this, x, channels);
  }

  /** Runs `body` for layers that training keeps as they are: their parameters, or what normalises them only. */
  keeping<T>(what: 'normalization' | 'parameters', body: () => T): T {
    const outer = this.keeps;
    this.keeps = what;
    try {
      return body();
    } finally {
      this.keeps = outer;
    }
  }

  /**
   * A variable of shape `whole`, which trains unless it is kept: Glorot-uniform where fans are given, else `initializer`.
   * Of axes that ranks divide it is this rank's part.
   */
  parameter(
    name: string,
    whole: readonly number[],
    fanIn?: number,
    fanOut?: number,
    initializer: VariableAttrs['initializer'] = fanIn === undefined ? 'zeros' : 'glorot',
    cuts: readonly Cut[] = [],
  ): Value {
    const shape = [...whole];
    const origin = whole.map(() => 0);
    for (const { axis, among } of cuts) {
      if (among === undefined) continue;
      shape[axis] = whole[axis]! / among.ranks;
      origin[axis] = among.rank * shape[axis];
    }
    const part = cuts.some(({ among }) => among !== undefined) ? { whole, origin } : undefined;
    const trains = this.keeps !== 'parameters';
    const value = this.variable(name, shape, initializer, trains, fanIn, fanOut, part);
    if (trains) this.parameters.push(value);
    return value;
  }

  /** A variable, which is no parameter. */
  variable(
    name: string,
    shape: readonly number[],
    initializer: VariableAttrs['initializer'],
    trainable: boolean,
    fanIn?: number,
    fanOut?: number,
    part?: Pick<VariableAttrs, 'whole' | 'origin'>,
  ): Value {
    const attrs = { dtype: this.dtype, shape, trainable, initializer, fanIn, fanOut, ...part };
    return this.builder.add(variable, [], attrs, { name });
  }
}
