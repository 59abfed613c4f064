import type { DType } from '../../base/dtype.ts';
import type { GraphBuilder, Value } from '../builder.ts';
import type { CollectiveAttrs } from '../ops/collective.ts';
import type { Settings, SettingValues } from './settings.ts';

export interface ModelOptions {
  /** Samples that one step of one replica takes. */
  readonly batch: number;
  /** Type of inputs, parameters and arithmetic. */
  readonly dtype: DType;
  /** Of networks that infer in 8-bit integers, which ignore `dtype`: compute in this type of floating point instead. */
  readonly insteadOfIntegers?: DType;
  /** Authors one rank's part of a model that is split (see `Network.splits`); all of it unless given. */
  readonly part?: ModelPart;
  /**
   * Cuts the graph itself into so many parts (see `Network.splits`): the nodes of part k, its share of each layer, ask for
   * `partDevice(k)`. 1, and no device, unless given.
   */
  readonly parts?: number;
  /**
   * Puts what has large weights to itself beside these, on so many parameter servers (see `Network.splits`): its nodes ask
   * for `serverDevice(0)` …. Nothing unless given.
   */
  readonly servers?: number;
}

/** What the nodes of part `part` of a graph that is cut ask for. */
export const partDevice = (part: number): string => `/job:worker/task:${part}`;

/** What nodes on a parameter server ask for. */
export const serverDevice = (task: number): string => `/job:ps/task:${task}`;

/** A rank of a group of devices that exchange tensors, and how they do: see CollectiveAttrs. */
export interface GroupRank extends CollectiveAttrs {
  readonly rank: number;
}

/**
 * Which part of a model one of several devices computes: all author graphs of the same nodes, which meet in collectives. The
 * tensor ranks of a replica are fed the same and have the same loss; gradients are those of their parts of the weights.
 * Each expert rank is a replica of all but the experts, with samples and a loss of its own.
 */
export interface ModelPart {
  /** Among which products and heads are divided; one rank alone unless given. */
  readonly tensor?: GroupRank;
  /** Whether what is not divided among them otherwise is divided by words of the sequence (Korthikanti et al. 2022). */
  readonly sequence?: boolean;
  /** Among which experts are divided; one rank alone unless given. */
  readonly expert?: GroupRank;
}

/** How many ranks a model is to be divided among. */
export interface PartRanks {
  readonly tensor: number;
  readonly sequence: boolean;
  readonly expert: number;
}

/** A placeholder of a model. */
export interface Feed {
  readonly value: Value;
  /** Integers (words, categories, classes) are at least 0 and less than this. */
  readonly below?: number;
}

export interface ModelOutputs {
  /** All placeholders. */
  readonly feeds: readonly Feed[];
  /** The placeholder of what is to be predicted: classes int64 [rows] (of detectors [samples, boxes]), or clicks of 0 and 1. */
  readonly labels: Value;
  /** [rows, classes], before softmax or sigmoid. A row is a sample, or a word of one. Of detectors [samples, classes, boxes]. */
  readonly logits: Value;
  /** Mean over the rows: a scalar. */
  readonly loss: Value;
  /** Trainable variables, in the order of the layers. */
  readonly parameters: readonly Value[];
  /**
   * Values between the layers, in order: each alone is what all that follows needs of what went before, besides feeds,
   * variables (a table that the output is tied to) and what is made of constants only (a mask). A pipeline may be cut
   * there. Of Transformers: between their blocks, so that they are one fewer than these. Numbers that each block adds
   * to the loss (the imbalance of mixtures of experts) cross besides.
   */
  readonly cuts?: readonly Value[];
  /**
   * Of a part that is divided by words: the parameters that all its ranks have alike and use for their own words. Their
   * gradients are shares, of which the update takes the sum over the tensor group (Megatron-LM sums them in one exchange
   * at the end of a step).
   */
  readonly partialGradients?: readonly Value[];
  /**
   * The parameters of experts that ranks divide. Their gradients come as sums over the expert ranks, of the gradients of
   * each one's loss; those of other parameters come from the rank's own loss alone, and so are still to be averaged.
   */
  readonly expertParameters?: readonly Value[];
}

export interface ModelFacts {
  readonly name: string;
  readonly description: string;
  /** Shape of one sample, without the batch axis, and number of classes: of models that classify images. */
  readonly sampleShape?: readonly number[];
  readonly classes?: number;
}

/** A network of the zoo: how to author its graph. */
export interface Network<Outputs, Trains extends boolean = boolean> extends ModelFacts {
  readonly trains: Trains;
  /**
   * Ways in which it can be divided among devices; `parts`: as a graph, by `ModelOptions.parts`; `servers`: by
   * `ModelOptions.servers`. None unless given.
   */
  readonly splits?: readonly ('tensor' | 'sequence' | 'expert' | 'parts' | 'servers')[];
  /** What can be set, and what it is set to. */
  readonly settings: Settings;
  /** Why these values do not go together; undefined where they do. */
  conflict(values: SettingValues): string | undefined;
  /** Why it cannot be divided among so many ranks, with the nearest numbers that can; undefined where it can. */
  indivisible(ranks: PartRanks): string | undefined;
  build(builder: GraphBuilder, options: ModelOptions): Outputs;
  /** The same network under other values, which are not checked, and another name where one is given. */
  with(values: SettingValues, facts?: ModelFacts): Network<Outputs, Trains>;
}

/** A network that trains: its forward graph with its loss. */
export type Model = Network<ModelOutputs, true>;

export interface InferenceOutputs {
  readonly feeds: readonly Feed[];
  readonly result: Value;
  /** Variables that do not change, in the order of the layers. */
  readonly weights: readonly Value[];
}

/** A network that only infers; the precision is its own. */
export type InferenceModel = Network<InferenceOutputs, false>;

/** Names of the placeholders that every model that classifies images feeds from. */
export const SAMPLES = 'samples';
export const LABELS = 'labels';
