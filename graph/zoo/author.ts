import type { DType } from '../../base/dtype.ts';
import { UserError } from '../../base/errors.ts';
import type { Value } from '../builder.ts';
import { softmaxCrossEntropyLoss } from '../ops/loss.ts';
import { Layers } from './layers.ts';
import type {
  InferenceModel,
  Model,
  ModelFacts,
  ModelOutputs,
  ModelPart,
  Network,
  PartRanks,
} from './model.ts';
import { revalued, type Settings, type SettingValues, valuesOf } from './settings.ts';
import { crossEntropyAmongRanks } from './vocabulary-ranks.ts';

/** What the body of a model makes; its feeds and parameters are collected by its layers. */
export type Authored = Pick<ModelOutputs, 'labels' | 'logits' | 'loss'>;

interface Body<S extends Settings, Outputs> {
  readonly settings: S;
  readonly conflict?: (values: SettingValues<S>) => string | undefined;
  readonly splits?: Network<unknown>['splits'];
  /** Asked only of ranks of kinds that are among `splits`. */
  readonly indivisible?: (values: SettingValues<S>, ranks: PartRanks) => string | undefined;
  /** `parts`: how many its graph is to be cut into (ModelOptions.parts). */
  readonly body: (layers: Layers, batch: number, values: SettingValues<S>, parts: number) => Outputs;
}

/** A network from its body; `finish` adds what its layers collected. Its type is the asked one, or its own. */
function network<S extends Settings, Part, Outputs, Trains extends boolean>(
  facts: ModelFacts,
  trains: Trains,
  body: Body<S, Part>,
  finish: (layers: Layers, part: Part) => Outputs,
  own?: DType,
): Network<Outputs, Trains> {
  const { settings, splits } = body;
  const indivisible = (ranks: PartRanks): string | undefined =>
    unknownSplit(facts.name, splits, ranks) ?? body.indivisible?.(valuesOf(settings), ranks);
  return {
    ...facts,
    trains,
    ...(splits && { splits }),
    settings,
    conflict: (values) => body.conflict?.(values as SettingValues<S>),
    indivisible,
    build: (builder, { batch, dtype, insteadOfIntegers, part, parts = 1, servers }) => {
      const refusal = part && indivisible(ranksOf(part));
      if (refusal !== undefined) throw new UserError(refusal);
      const layers = new Layers(
        builder,
        own === undefined ? dtype : (insteadOfIntegers ?? own),
        part,
        servers,
      );
      return finish(layers, body.body(layers, batch, valuesOf(settings), parts));
    },
    with: (values, renamed = facts) =>
      network(renamed, trains, { ...body, settings: revalued(settings, values) }, finish, own),
  };
}

function ranksOf({ tensor, sequence = false, expert }: ModelPart): PartRanks {
  return { tensor: tensor?.ranks ?? 1, sequence, expert: expert?.ranks ?? 1 };
}

/** Why a model of these splits cannot be divided so at all. */
function unknownSplit(
  name: string,
  splits: Network<unknown>['splits'] = [],
  { tensor, sequence, expert }: PartRanks,
): string | undefined {
  if (tensor > 1 && !splits.includes('tensor')) return `${name} cannot be divided among tensor ranks`;
  if (tensor > 1 && sequence && !splits.includes('sequence'))
    return `${name} cannot be divided by words among tensor ranks (sequence)`;
  return expert > 1 && !splits.includes('expert')
    ? `${name} has no experts to divide among ranks`
    : undefined;
}

/** A model from the body that authors it. */
export function authored<S extends Settings>(facts: ModelFacts, body: Body<S, Authored>): Model {
  return network(
    facts,
    true,
    body,
    ({ feeds, parameters, cuts, partialGradients, expertParameters }, part) => ({
      ...part,
      feeds,
      parameters,
      ...(cuts.length > 0 && { cuts }),
      ...(partialGradients.length > 0 && { partialGradients }),
      ...(expertParameters.length > 0 && { expertParameters }),
    }),
  );
}

/** A network that only infers, in 8-bit integers, from the body that authors it and returns the result. */
export function inferring<S extends Settings>(facts: ModelFacts, body: Body<S, Value>): InferenceModel {
  return network(
    facts,
    false,
    body,
    ({ feeds, parameters }, result) => ({ feeds, result, weights: parameters }),
    'int8',
  );
}

/**
 * Mean over the rows of −log softmax(logits)[label], from logits [rows, vocabulary], or the rank's range of them where tensor
 * ranks divide the vocabulary.
 */
export function wordCrossEntropy(layers: Layers, logits: Value, labels: Value): Value {
  const { tensor } = layers;
  return tensor === undefined
    ? crossEntropy(layers, logits, labels)
    : crossEntropyAmongRanks(layers, logits, labels, tensor);
}

/** Mean over the rows of −log softmax(logits [rows, classes])[label]. */
export function crossEntropy({ builder }: Layers, logits: Value, labels: Value): Value {
  return builder.add(softmaxCrossEntropyLoss, [logits, labels], {}, { name: 'loss' });
}
