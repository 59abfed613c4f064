import { alexnet } from './alexnet.ts';
import { alexnetV2 } from './alexnet-v2.ts';
import { bertBase, bertLarge } from './bert.ts';
import { dlrmKaggle, dlrmTerabyte } from './dlrm.ts';
import { speechDnn } from './fully-connected-speech.ts';
import { googlenet } from './googlenet.ts';
import { gpt, gpt2Models, gpt3Models } from './gpt.ts';
import { gptMoe, gptMoeModels } from './gpt-moe.ts';
import { inceptionV3, inceptionV3Published } from './inception-v3.ts';
import { lstm512, lstm512Sampled, rnnlm } from './language-model.ts';
import { locallyConnectedNetwork } from './locally-connected.ts';
import { lenet5, mnistCnn, mnistMlp, mnistSoftmax } from './mnist.ts';
import type { InferenceModel, Model } from './model.ts';
import { nmt2, nmt4, nmt8 } from './nmt.ts';
import { nullStep, nullStepSparse } from './null-step.ts';
import { overfeat } from './overfeat.ts';
import {
  resnet18,
  resnet34,
  resnet50,
  resnet50v15,
  resnet101,
  resnet152,
  resnet200,
  resnext101,
  seResnext101,
} from './resnet.ts';
import { retinanet } from './retinanet.ts';
import { ssdResnet34 } from './ssd.ts';
import { cnn0, cnn1 } from './tpu/cnn.ts';
import { lstm0, lstm1 } from './tpu/lstm.ts';
import { mlp0, mlp1 } from './tpu/mlp.ts';
import { transformerBase, transformerBig } from './transformer.ts';
import { vgg11, vgg16, vgg19 } from './vgg.ts';
import { wideAndDeep } from './wide-deep.ts';

const TRAINED: readonly Model[] = [
  mnistSoftmax,
  mnistMlp,
  mnistCnn,
  lenet5,
  alexnet,
  alexnetV2,
  vgg11,
  vgg16,
  vgg19,
  overfeat,
  googlenet,
  inceptionV3,
  inceptionV3Published,
  resnet18,
  resnet34,
  resnet50,
  resnet50v15,
  resnet101,
  resnet152,
  resnet200,
  resnext101,
  seResnext101,
  ssdResnet34,
  retinanet,
  lstm512,
  lstm512Sampled,
  rnnlm,
  nmt2,
  nmt4,
  nmt8,
  transformerBase,
  transformerBig,
  bertBase,
  bertLarge,
  gpt,
  ...gpt2Models,
  ...gpt3Models,
  gptMoe,
  ...gptMoeModels,
  wideAndDeep,
  dlrmKaggle,
  dlrmTerabyte,
  nullStep,
  nullStepSparse,
  speechDnn,
  locallyConnectedNetwork,
];

function byName<N extends { readonly name: string }>(networks: readonly N[]): { readonly [name: string]: N } {
  return Object.fromEntries(networks.map((network) => [network.name, network]));
}

/** Every model that trains. Adding one is one file and a line above. */
export const MODELS: { readonly [name: string]: Model } = byName(TRAINED);

/** Networks that only infer: the six of the TPU paper. */
export const INFERENCE_MODELS: { readonly [name: string]: InferenceModel } = byName([
  mlp0,
  mlp1,
  lstm0,
  lstm1,
  cnn0,
  cnn1,
]);
