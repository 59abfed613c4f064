import { algorithmsFor } from '../../devices/collectives/index.ts';
import { BUCKET_BYTES } from './buckets.ts';
import type { MeshShape } from './mesh-shape.ts';
import { bytesOption, choiceOption, countOption, flagOption } from './options.ts';
import { SCHEDULES } from './schedules.ts';
import { optimizerOption } from './worker-optimizers.ts';

/** How a replica is divided among devices, what they do in which order, and how replicas are kept equal. */
export interface MeshOptions extends MeshShape {
  /** Parts of the replica's batch that go through the pipeline one behind the other. */
  readonly microBatches: number;
  readonly schedule: string;
  /** Stages per device of the pipeline. */
  readonly chunks: number;
  readonly recompute: string;
  readonly sequence: boolean;
  readonly algorithm: string;
  readonly bucket: number;
  readonly overlap: boolean;
  readonly optimizer: string;
  /** 1: replicas divide the optimizer's state among them (see updateSharded). */
  readonly zero: number;
}

/** Options of pipelines. */
export const pipelineOptions = {
  micro_batches: countOption(
    1,
    1,
    65_536,
    'Parts of the batch that follow one another through the stages; they divide the batch.',
  ),
  schedule: choiceOption(
    SCHEDULES,
    'Order of the micro-batches: 1f1b, one forward, one backward; gpipe, all forward, then all backward; interleaved, 1f1b over several stages per device.',
  ),
  chunks: countOption(1, 1, 256, 'Stages per device, of schedule interleaved.'),
  recompute: choiceOption(
    ['none', 'selective', 'full', 'stage'],
    'Activations that backward computes anew: none; selective, the core of attention; full, each block from its input; stage, each stage from its input.',
  ),
};

/** Options of tensor ranks. */
export const tensorOptions = {
  sequence: flagOption(
    false,
    'Whether what tensor ranks do not divide otherwise is divided by words of the sequence.',
  ),
};

/** Options of how replicas are kept equal. */
export const dataOptions = {
  algorithm: choiceOption(
    ['auto', ...Object.keys(algorithmsFor('all-reduce'))],
    'How gradients of replicas are summed; auto: the fastest on the cluster.',
  ),
  bucket: bytesOption(
    BUCKET_BYTES,
    'Gradients of replicas are exchanged as one from so many bytes; the first 1 MiB.',
  ),
  overlap: flagOption(
    true,
    'Whether exchanges between replicas start while the last micro-batch goes backward.',
  ),
  optimizer: optimizerOption('sgd'),
  zero: countOption(
    0,
    0,
    1,
    "1: replicas divide the optimizer's state among them (ZeRO, stage 1; Megatron-LM's distributed optimizer).",
  ),
};

/** What a label says of how replicas are kept equal. */
export function dataLabel({ zero }: Pick<MeshOptions, 'zero'>): string {
  return zero === 1 ? ', ZeRO-1' : '';
}
