import { divisorsNear } from '../../base/divisors.ts';
import type { Value } from '../builder.ts';
import { add, mul } from '../ops/elementwise.ts';
import { gelu } from '../ops/gelu.ts';
import { constant } from '../ops/state.ts';
import { authored } from './author.ts';
import {
  decoder,
  decoderConflict,
  decoderIndivisible,
  decoderSettings,
  denseThought,
  innerWidth,
} from './decoder.ts';
import type { Layers } from './layers.ts';
import { mixture } from './mixture.ts';
import type { Model } from './model.ts';
import { setting } from './settings.ts';

/** What the imbalance of all mixtures weighs in the loss (Fedus et al., "Switch Transformers", 2022, section 2.2). */
const BALANCE = 0.01;

/**
 * Decoder-only Transformers with mixtures of experts in place of the dense layers of some blocks, as GShard (Lepikhin et al.
 * 2021) and Switch Transformers (Fedus et al. 2022) have them: see `mixture`. The loss is that of the words, and 0.01 times
 * the imbalance of each mixture. Of expert ranks each has a batch of its own, and words of it are sent only to places of its
 * own; one device with as many `groups` as ranks has the same numbers.
 */
const family = authored(
  { name: 'gpt-moe', description: 'decoder-only Transformer with mixtures of experts' },
  {
    settings: {
      ...decoderSettings,
      experts: setting(8, 1, 4096, 'Experts of a mixture.'),
      every: setting(2, 1, 256, 'One block of so many has a mixture.'),
      chosen: setting(1, 1, 8, 'Experts that each word is sent to.'),
      capacity: setting(
        125,
        1,
        10_000,
        'Places for words, in percent of the words times the experts chosen.',
      ),
      groups: setting(1, 1, 65_536, 'Groups of the words of a batch that have places of their own.'),
    },
    conflict: (values) =>
      decoderConflict(values) ??
      (values.chosen > values.experts
        ? `${values.chosen} experts cannot be chosen of ${values.experts}`
        : values.every > values.layers
          ? `one block of ${values.every} with a mixture is none of ${values.layers}`
          : undefined),
    splits: ['tensor', 'expert'],
    indivisible: (values, ranks) =>
      decoderIndivisible(values, ranks) ??
      (values.experts % ranks.expert === 0
        ? undefined
        : `${ranks.expert} expert ranks do not divide ${values.experts} experts; ${divisorsNear(values.experts, ranks.expert)} would`),
    body: (layers, batch, values) => {
      const { experts, every, chosen, capacity, groups } = values;
      const dense = denseThought(layers, batch, values);
      const imbalances: Value[] = [];
      const written = decoder(layers, batch, values, (x, layer) => {
        if (layer % every !== 0) return dense(x, layer);
        const { result, imbalance } = mixture(layers, 'mixture', x, {
          batch,
          inner: innerWidth(values),
          activation: (y) => layers.builder.add(gelu, [y], { approximate: 'tanh' }),
          experts,
          chosen,
          groups,
          capacity: capacity / 100,
        });
        imbalances.push(imbalance);
        return result;
      });
      return { ...written, loss: balanced(layers, written.loss, imbalances) };
    },
  },
);

function balanced({ builder, dtype }: Layers, loss: Value, imbalances: readonly Value[]): Value {
  return builder.scope('balance', () => {
    const sum = imbalances.reduce((a, b) => builder.add(add, [a, b], {}));
    const weight = builder.add(constant, [], { dtype, shape: [], value: [BALANCE] });
    return builder.add(add, [loss, builder.add(mul, [sum, weight], {})], {}, { name: 'loss' });
  });
}

type Size = readonly [name: string, base: string, width: number];

function variant([name, base, width]: Size): Model {
  return family.with(
    { layers: 24, width, heads: 16, length: 2048, experts: 128, capacity: 100 },
    {
      name: `gpt-moe-${name}`,
      description: `GPT of ${base} parameters with 128 experts in every other block: 24 blocks of width ${width}`,
    },
  );
}

/** Any decoder-only Transformer with mixtures of experts. */
export const gptMoe = family;

/*
 * "350M+MoE-128" and "1.3B+MoE-128" of Rajbhandari et al., "DeepSpeed-MoE", ICML 2022, section 3.1: the best expert of 128 in
 * every other block; places for as many words as there are, as in the authors' programs (Megatron-DeepSpeed,
 * examples_deepspeed/MoE). The paper counts 13 and 52 billion parameters; here 13,141,621,760 and 52,455,700,480, with GPT-2's
 * words and experts without biases.
 */
const SIZES: readonly Size[] = [
  ['350m-128', '350 million', 1024],
  ['1.3b-128', '1.3 billion', 2048],
];

export const gptMoeModels = SIZES.map(variant);
