import { INFERENCE_MODELS, MODELS } from '../../catalog.ts';
import type { Facts } from './facts.ts';

/* Models as people call them: networks of the zoo, and decoder-only Transformers by their shapes. */

/** A network of the zoo, and what is usually meant with its name. */
export interface NamedNetwork {
  readonly model: string;
  readonly optimizer: 'sgd' | 'momentum' | 'adam';
}

const CNN = 'momentum';

const NETWORKS: readonly (readonly [pattern: RegExp, model: string, optimizer: NamedNetwork['optimizer']])[] =
  [
    [/\bssd\b.{0,4}resnet-?34 300x300/i, 'ssd-resnet-34', CNN],
    [/retinanet.{0,4}resnext-?50 32x4d/i, 'retinanet-resnext-50', 'adam'],
    // What is built on a network is not that network.
    [/mask ?r-?cnn|retinanet|\bssd\b|efficientdet|faster|yolo|u-?net|deeplab/i, '', CNN],
    [/transformer-?xl|electra|\bbart\b|roberta|\bt5\b|distil/i, '', 'adam'],
    [/bert[\s-]?base|biobert/i, 'bert-base', 'adam'],
    [/bert/i, 'bert-large', 'adam'],
    [/transformer.*big/i, 'transformer-big', 'adam'],
    [/transformer.*base/i, 'transformer-base', 'adam'],
    [/se-?resnext-?101/i, 'se-resnext-101-32x4d', CNN],
    [/resnext-?101/i, 'resnext-101-32x4d', CNN],
    [/resnext|wide.?resnet/i, '', CNN],
    [/(resnet|rn)[\s_-]?50.{0,4}v?1[._]5/i, 'resnet-50-v1.5', CNN],
    [/resnet[\s_-]?(18|34|50|101|152|200)(?!\d)/i, 'resnet-$1', CNN],
    [/vgg[\s_-]?(16|19)\b/i, 'vgg-$1', CNN],
    [/vgg[\s_-]?(11|a)\b|oxfordnet|model-a\b/i, 'vgg-11', CNN],
    [/inception[\s_-]?v?3|inceptionv3|inception \(v3/i, 'inception-v3', CNN],
    [/google?net|inception[\s_-]?v?1\b/i, 'googlenet', CNN],
    [/overfeat/i, 'overfeat', CNN],
    [/alexnet.*(weird|owt)/i, 'alexnet-v2', CNN],
    [/alexnet/i, 'alexnet', CNN],
    [/lenet/i, 'lenet-5', 'sgd'],
    [/lstm[\s-]?512[\s-]?512/i, 'lstm-512-512', 'sgd'],
    [/rnnlm/i, 'rnnlm', 'sgd'],
    [/^(mlp|lstm|cnn)([01])$/i, '$1$2', 'sgd'],
  ];

const LONGEST = 200;

/** The network that words name, or undefined where the zoo has none of that name. */
export function networkNamed(words: string): NamedNetwork | undefined {
  const text = words.slice(0, LONGEST);
  const spelt = text.trim().toLowerCase();
  if (has(spelt)) return { model: spelt, optimizer: usualOptimizer(spelt) };
  for (const [pattern, name, optimizer] of NETWORKS) {
    const found = pattern.exec(text);
    if (found === null) continue;
    const model = name.replaceAll(/\$(\d)/g, (_, group) => found[Number(group)] ?? '').toLowerCase();
    return has(model) ? { model, optimizer } : undefined;
  }
  return undefined;
}

const has = (name: string): boolean => Object.hasOwn(MODELS, name) || Object.hasOwn(INFERENCE_MODELS, name);

function usualOptimizer(model: string): NamedNetwork['optimizer'] {
  return NETWORKS.find(([pattern]) => pattern.test(model))?.[2] ?? 'sgd';
}

/**
 * AlexNet where convolutional networks are timed is "one weird trick"'s: convnet-benchmarks and tf_cnn_benchmarks have its layers. Those of Caffe
 * and of the papers of 2012 have two groups.
 */
export function benchmarkVariant(model: string, suite: string): string {
  return model === 'alexnet' && /convnet-benchmarks|tf_cnn_benchmarks/i.test(suite) ? 'alexnet-v2' : model;
}

/** Shapes of decoders, with the keys that sources have for them. */
type Decoder = readonly [pattern: RegExp, layers: number, hidden: number, heads: number, more?: Facts];

const MPT = { vocab: 50_368, attention: 'flash-1' };
const LLAMA = { vocab: 32_000, gated: true };
const LLAMA3 = { vocab: 128_256, gated: true, kv_heads: 8 };

/*
 * MPT: llm-foundry's configurations; the parameters that its benchmark prints are 12·l·h² + (V + s)·h + 13·l·h + 2·h of these. LLaMA: Touvron
 * et al. 2023, table 2, and its released widths of dense layers. Llama 3: Grattafiori et al. 2024, table 3. OPT: Zhang et al. 2022,
 * table 1.
 */
const DECODERS: readonly Decoder[] = [
  [/\bmpt-125m/i, 12, 768, 12, MPT],
  [/\bmpt-350m/i, 24, 1024, 16, MPT],
  [/\bmpt-760m/i, 24, 1536, 12, MPT],
  [/\bmpt-1b/i, 24, 2048, 16, MPT],
  [/\bmpt-3b/i, 32, 2560, 20, MPT],
  [/\bmpt-7b/i, 32, 4096, 32, MPT],
  [/\bmpt-13b/i, 40, 5120, 40, MPT],
  [/\bmpt-30b/i, 48, 7168, 56, MPT],
  [/\bmpt-70b/i, 80, 8192, 64, MPT],
  [/llama-?\s?3\S*[\s-]8b/i, 32, 4096, 32, { ...LLAMA3, ffn: 14_336 }],
  [/llama-?\s?3\S*[\s-]70b/i, 80, 8192, 64, { ...LLAMA3, ffn: 28_672 }],
  [/llama-?\s?3\S*[\s-]405b/i, 126, 16_384, 128, { ...LLAMA3, ffn: 53_248 }],
  [/llama-?\s?2\S*[\s-]70b/i, 80, 8192, 64, { ...LLAMA, kv_heads: 8, ffn: 28_672 }],
  [/llama\S*[\s-]7b/i, 32, 4096, 32, { ...LLAMA, ffn: 11_008 }],
  [/llama\S*[\s-]13b/i, 40, 5120, 40, { ...LLAMA, ffn: 13_824 }],
  [/llama\S*[\s-](33|30)b/i, 60, 6656, 52, { ...LLAMA, ffn: 17_920 }],
  [/llama\S*[\s-]65b/i, 80, 8192, 64, { ...LLAMA, ffn: 22_016 }],
  [/\bopt-?\s?175b/i, 96, 12_288, 96, { vocab: 50_272 }],
  [/\bgpt-?3\S*[\s-]175b/i, 96, 12_288, 96, {}],
  [/\bgpt-?2[\s-](xl|1\.5b)/i, 48, 1600, 25, {}],
];

/** Layers, width, heads and what else a decoder's name says; undefined for names that are none. */
export function decoderNamed(words: string): Facts | undefined {
  const row = DECODERS.find(([pattern]) => pattern.test(words.slice(0, LONGEST)));
  if (row === undefined) return undefined;
  const [, layers, hidden, heads, more = {}] = row;
  return { layers, hidden, heads, ...more };
}

/** Mixtures and latent attention, which no field describes. */
export const isUndescribed = (words: string): boolean =>
  /deepseek|mixtral|\bpalm\b|gopher|switch|glam|gshard/i.test(words);
