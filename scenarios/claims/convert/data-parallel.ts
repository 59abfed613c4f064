import { countOf } from './facts.ts';
import { checkReach } from './hardware.ts';
import type { Mapped, Said } from './mapped.ts';
import { Refusal, required } from './refusal.ts';
import { deviceBatch, mapped, replicaOf } from './replica.ts';

/** Whether replicas average their gradients among themselves. */
export const isDataParallel = ({ strategy }: Said): boolean =>
  /all[\s_-]?reduce|data[\s_-]?parallel|\bddp\b|horovod|replicated_(no_)?nccl|\bnccl\b/i.test(strategy);

/** A point of synchronous data parallelism by all-reduces. @throws Refusal */
export function dataParallelPoint(said: Said): Mapped {
  const workers = required(countOf(said.facts, 'workers'), 'how many devices: not stated');
  const { batch, accumulation } = deviceBatch(said);
  const replica = replicaOf(said, batch);
  checkReach(said.hardware, workers);
  if (/asynchronous|\basync/i.test(said.strategy)) throw new Refusal('all-reduces are synchronous');
  const ordered = isOrderedRing(said);
  const assumed = ordered
    ? ['NCCL 1 has one ring, in the order of the ranks; TensorFlow 1.1 starts it after backward (assumed).']
    : [];
  const step = mapped('data-parallel', replica, {
    workers,
    ...(ordered && { exchange: 'ring', overlap: false }),
    optimizer: /\bsgd\b/i.test(String(said.facts.optimizer ?? '')) ? 'sgd' : replica.network.optimizer,
    ...(accumulation > 1 && { accumulation }),
  });
  return { ...step, assumedOfSeveral: assumed };
}

/** Whether TensorFlow's first operators of NCCL sum the gradients: of 2017, before NCCL 2 looked for rings in the topology. */
const isOrderedRing = ({ strategy, file }: Said): boolean =>
  /replicated_nccl/i.test(strategy) && Number(file.source.year) <= 2017;
