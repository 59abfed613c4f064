import { authored } from './author.ts';
import { decoder, decoderConflict, decoderIndivisible, decoderSettings, denseThought } from './decoder.ts';
import type { Model } from './model.ts';

/**
 * Decoder-only Transformers as GPT-2 (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019):
 * learned positions, normalisation before each part and after the last block, GELU, the output tied to the embedding. A
 * sample is one sequence of `length` words. Parameters, with l layers of width h, V words and s positions (Narayanan et
 * al. 2021, section 5.1): 12·l·h²·(1 + 13/(12h) + (V + s)/(12·l·h)), and 2h of the last normalisation.
 */
const family = authored(
  { name: 'gpt', description: 'decoder-only Transformer' },
  {
    settings: decoderSettings,
    conflict: decoderConflict,
    splits: ['tensor', 'sequence'],
    indivisible: decoderIndivisible,
    body: (layers, batch, values) => decoder(layers, batch, values, denseThought(layers, batch, values)),
  },
);

type Size = readonly [name: string, layers: number, width: number, heads: number];

function variant(paper: string, length: number, [name, layers, width, heads]: Size): Model {
  return family.with(
    { layers, width, heads, length },
    {
      name,
      description: `${paper}: ${layers} blocks of width ${width}, ${heads} heads, sequences of ${length}`,
    },
  );
}

/** Any decoder-only Transformer: GPT-2's smallest until set otherwise. */
export const gpt = family;

/*
 * Radford et al. 2019, table 2, counts 117, 345, 762 and 1542 million parameters; its authors later corrected the first
 * two to 124 and 355 million. Here 124,439,808, 354,823,168, 774,030,080 and 1,557,611,200.
 */
const GPT2 = [
  ['gpt2', 12, 768, 12],
  ['gpt2-medium', 24, 1024, 16],
  ['gpt2-large', 36, 1280, 20],
  ['gpt2-xl', 48, 1600, 25],
] as const;

/*
 * Brown et al., "Language Models are Few-Shot Learners", 2020, table 2.1, with dense attention in all layers (every other
 * layer of theirs is sparse). The 13B row's width of 5140 is not divisible by 40 heads of 128: it is 5120.
 */
const GPT3 = [
  ['gpt3-small', 12, 768, 12],
  ['gpt3-medium', 24, 1024, 16],
  ['gpt3-large', 24, 1536, 16],
  ['gpt3-xl', 24, 2048, 16],
  ['gpt3-2.7b', 32, 2560, 32],
  ['gpt3-6.7b', 32, 4096, 32],
  ['gpt3-13b', 40, 5120, 40],
  ['gpt3-175b', 96, 12_288, 96],
] as const;

export const gpt2Models = GPT2.map((size) => variant('GPT-2', 1024, size));
export const gpt3Models = GPT3.map((size) => variant('GPT-3', 2048, size));
