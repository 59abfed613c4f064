import * as z from 'zod';
import { UserError } from '../../../base/errors.ts';
import { count, map, PRECISIONS } from '../../fields.ts';
import { gptStep } from './gpt/step.ts';
import type { ClaimKind } from './kind.ts';

const flag = (value: boolean) => z.boolean().default(value);

const fields = map({
  workers: count(1, 100_000).describe('Accelerators: tensor × pipeline × data × context.'),
  tensor: count(1, 1024).default(1).describe('Ranks that divide the products of each layer.'),
  pipeline: count(1, 1024).default(1).describe('Devices that divide the layers.'),
  data: count(1, 100_000).optional().describe('Replicas; what is left of the workers unless given.'),
  context: count(1, 1024).default(1).describe('Ranks that divide the words of each sequence.'),
  chunks: count(1, 256).default(1).describe('Stages per device (interleaved schedule).'),
  micro_batch: count(1, 65_536).default(1).describe('Sequences of a micro-batch of one replica.'),
  batch: count(1, 10_000_000).describe('Sequences of a step, of all replicas.'),
  layers: count(1, 1000),
  hidden: count(1, 1_000_000).describe('Width of the model.'),
  heads: count(1, 10_000),
  kv_heads: count(1, 10_000).optional().describe('Heads of keys and values; as many as heads unless given.'),
  inner: count(1, 10_000_000).optional().describe('Width between the dense layers; 4 × hidden unless given.'),
  gated: flag(false).describe('Whether the first dense layer has a gate (SwiGLU): a third matrix.'),
  experts: count(1, 100_000).optional().describe('Experts of a mixture; a dense model unless given.'),
  experts_used: count(1, 1000).default(1).describe('Experts that each word goes to.'),
  expert: count(1, 100_000).default(1).describe('Replicas that divide the experts.'),
  sequence: count(1, 10_000_000).describe('Words of a sequence.'),
  vocabulary: count(1, 10_000_000).default(51_200),
  dropout: count(0, 90).optional().describe('Per cent; what is usual with the stack unless given.'),
  precision: z.enum([...PRECISIONS, 'float8']).default('float16'),
  recompute: z
    .enum(['none', 'selective', 'full'])
    .default('none')
    .describe('Activations that backward computes anew.'),
  sequence_parallel: flag(false),
  attention: z
    .enum(['plain', 'flash-1', 'fused'])
    .default('plain')
    .describe('fused: FlashAttention-2, which never writes the scores; flash-1: its forerunner of 2022.'),
  sharding: z
    .enum(['none', 'zero1', 'zero2', 'zero3'])
    .default('none')
    .describe('What replicas divide of the optimizer’s state, gradients and parameters.'),
  optimizer: z.enum(['adam', 'sgd', 'momentum']).default('adam'),
  stack: z.string().default('megatron'),
});
export type GptFields = z.output<typeof fields>;

/** A training step of a decoder-only Transformer on a mesh of tensor × pipeline × data ranks. */
export const gpt: ClaimKind<GptFields> = {
  name: 'gpt',
  what: 'training steps of decoder-only Transformers, divided by tensor, pipeline and data',
  fields,
  onOneDevice: { workers: 1, tensor: 1, pipeline: 1, data: 1, context: 1, chunks: 1, expert: 1 },
  predict: (given, { cluster, catalog, kernelFactor }) => {
    if (cluster === undefined) throw new UserError('the point names no hardware');
    return gptStep(given, { cluster, catalog, kernelFactor });
  },
  sizes: ({ workers, tensor, pipeline, micro_batch, layers, hidden, sequence }) => ({
    devices: workers,
    tensor,
    pipeline,
    words: micro_batch * sequence,
    parameters: 12 * layers * hidden * hidden,
  }),
};
