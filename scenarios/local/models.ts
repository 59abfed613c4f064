import { UserError } from '../../base/errors.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { descend } from '../../graph/optimizers/gradient-descent.ts';
import { configured } from '../../graph/zoo/settings.ts';
import { MODELS } from '../catalog.ts';
import type { AuthoredStep } from './local-step.ts';

/** A model of the zoo at a size that this machine runs in a second or less; training steps unless told otherwise. */
export interface LocalModel {
  readonly model: string;
  readonly settings?: { readonly [key: string]: number };
  readonly batch: number;
  readonly forward?: boolean;
}

const SMALL_GPT = { layers: 2, width: 128, heads: 4, length: 64, vocabulary: 1000 };
const SMALL_TRANSFORMER = { layers: 2, width: 128, heads: 4, inner: 512, length: 32, vocabulary: 1000 };
const SMALL_BERT = { layers: 2, width: 192, heads: 3, length: 48, masked: 7, vocabulary: 2000 };
const SMALL_LSTM = { vocabulary: 2000, embedding: 128, hidden: 128, projection: 0, steps: 10 };
const SMALL_RECOMMENDER = { categories: 10, values: 10_000, crossed_values: 10_000 };

const PARTITIONED: ReadonlySet<string> = new Set([
  'mnist-mlp',
  'lenet-5',
  'vgg-11',
  'lstm-512-512',
  'transformer-base',
  'gpt',
  'speech-dnn',
]);

/** What `stepcast validate local` predicts and runs. Calibration measures layers of other sizes, and none of these models. */
export const LOCAL_MODELS: readonly LocalModel[] = [
  { model: 'mnist-softmax', batch: 100 },
  { model: 'mnist-mlp', batch: 1 },
  { model: 'mnist-mlp', batch: 100 },
  { model: 'mnist-cnn', batch: 32 },
  { model: 'lenet-5', batch: 16 },
  { model: 'lenet-5', batch: 64, forward: true },
  { model: 'alexnet', settings: { image: 67, dense: 512 }, batch: 2 },
  { model: 'vgg-11', settings: { image: 32, dense: 256 }, batch: 2 },
  { model: 'resnet-50', settings: { image: 64 }, batch: 1, forward: true },
  { model: 'resnet-50', settings: { image: 64, width: 16 }, batch: 4 },
  { model: 'inception-v3', batch: 1, forward: true },
  { model: 'lstm-512-512', settings: SMALL_LSTM, batch: 8 },
  { model: 'lstm-512-512', settings: { ...SMALL_LSTM, hidden: 256 }, batch: 32 },
  { model: 'transformer-base', settings: SMALL_TRANSFORMER, batch: 4 },
  { model: 'bert-base', settings: SMALL_BERT, batch: 2 },
  { model: 'gpt', settings: SMALL_GPT, batch: 4 },
  { model: 'gpt', settings: SMALL_GPT, batch: 1, forward: true },
  { model: 'wide-deep', settings: SMALL_RECOMMENDER, batch: 32 },
  { model: 'speech-dnn', settings: { hidden: 512, classes: 1000 }, batch: 16 },
];

/** Those that are also cut between two devices, and run on two threads. */
export const LOCAL_PARTITIONS: readonly LocalModel[] = LOCAL_MODELS.filter(
  ({ model, forward = false }) => !forward && PARTITIONED.has(model),
);

/** Learning rate of the steps: small enough that no number overflows while they repeat. */
const LEARNING_RATE = 1e-4;

/** @throws UserError where the zoo has no such model or setting. */
export function authoredModel({ model, settings = {}, batch, forward = false }: LocalModel): AuthoredStep {
  const found = MODELS[model];
  if (found === undefined) throw new UserError(`there is no model ${model}`);
  const builder = new GraphBuilder();
  const { loss, feeds, parameters } = configured(found, settings).build(builder, { batch, dtype: 'float32' });
  const slopes = forward ? [] : gradients(builder, loss, parameters);
  const targets = slopes.map((slope, i) => descend(builder, parameters[i]!, slope, LEARNING_RATE).name);
  return { graph: builder.finish(), feeds, loss: loss.node.name, targets };
}

/** `gpt, batch 4, training` */
export function modelWords({ model, batch, forward = false }: LocalModel): string {
  return `${model}, batch ${batch}, ${forward ? 'forward' : 'training'}`;
}
