import type { DType } from '../../base/dtype.ts';
import type { Value } from '../builder.ts';
import { softmaxCrossEntropyLoss } from '../ops/loss.ts';
import { Layers } from './layers.ts';
import type { InferenceModel, Model, ModelFacts, ModelOutputs, Network } from './model.ts';
import { revalued, type Settings, type SettingValues, valuesOf } from './settings.ts';

/** What the body of a model makes; its feeds and parameters are collected by its layers. */
export type Authored = Pick<ModelOutputs, 'labels' | 'logits' | 'loss'>;

interface Body<S extends Settings, Outputs> {
  readonly settings: S;
  readonly conflict?: (values: SettingValues<S>) => string | undefined;
  readonly splits?: Network<unknown>['splits'];
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
  return {
    ...facts,
    trains,
    ...(splits && { splits }),
    settings,
    conflict: (values) => body.conflict?.(values as SettingValues<S>),
    build: (builder, { batch, dtype, parts = 1 }) => {
      const layers = new Layers(builder, own ?? dtype);
      return finish(layers, body.body(layers, batch, valuesOf(settings), parts));
    },
    with: (values, renamed = facts) =>
      network(renamed, trains, { ...body, settings: revalued(settings, values) }, finish, own),
  };
}

/** A model from the body that authors it. */
export function authored<S extends Settings>(facts: ModelFacts, body: Body<S, Authored>): Model {
  return network(facts, true, body, ({ feeds, parameters, cuts }, part) => ({
    ...part,
    feeds,
    parameters,
    ...(cuts.length > 0 ? { cuts } : {}),
  }));
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

/** Mean over the rows of −log softmax(logits [rows, classes])[label]. */
export function crossEntropy({ builder }: Layers, logits: Value, labels: Value): Value {
  return builder.add(softmaxCrossEntropyLoss, [logits, labels], {}, { name: 'loss' });
}
