import { inceptionV3, inceptionV3Published } from './inception-v3.ts';
import { mnistCnn, mnistMlp, mnistSoftmax } from './mnist.ts';
import type { Model } from './model.ts';

/** Every model that there is. Adding one is one file and a line here. */
export const MODELS: { readonly [name: string]: Model } = {
  'mnist-softmax': mnistSoftmax,
  'mnist-mlp': mnistMlp,
  'mnist-cnn': mnistCnn,
  'inception-v3': inceptionV3,
  'inception-v3-published': inceptionV3Published,
};
