import type { Schedule, Turn } from '../../graph/turns.ts';

/** The ways in which a pipeline's devices take turns with its micro-batches. */
export const SCHEDULES = ['1f1b', 'gpipe', 'interleaved'] as const;

export interface PipelineShape {
  /** Devices, one behind the other. */
  readonly devices: number;
  readonly microBatches: number;
  /** Stages per device: device d has stages d, d + devices, …; 1 but for `interleaved`. */
  readonly chunks: number;
}

/** What each device of a pipeline does, in order. `interleaved` needs micro-batches that `devices` divides. */
export function scheduleOf(name: string, shape: PipelineShape): Schedule {
  const schedule = name === 'gpipe' ? gpipe : name === 'interleaved' ? interleaved : oneForwardOneBackward;
  return Array.from({ length: shape.devices }, (_, device) => schedule(device, shape));
}

/**
 * All micro-batches forward, then all backward, the last first (Huang et al., "GPipe", NeurIPS 2019, figure 2c): a device
 * keeps the activations of all of them.
 */
function gpipe(stage: number, { microBatches }: PipelineShape): Turn[] {
  const order = Array.from({ length: microBatches }, (_, k) => k);
  return [
    ...order.map((k) => forward(stage, k)),
    ...order.toReversed().map((k) => ({ stage, backward: true, microBatch: k })),
  ];
}

/**
 * PipeDream-Flush (Narayanan et al., "Memory-efficient pipeline-parallel DNN training", ICML 2021, section 3.2; "Efficient
 * large-scale language model training on GPU clusters using Megatron-LM", SC 2021, section 2.2.1): a device runs as many
 * micro-batches ahead as there are devices behind it, then one forward and one backward in turn: it keeps the activations
 * of at most as many micro-batches as there are devices.
 */
function oneForwardOneBackward(stage: number, { devices, microBatches }: PipelineShape): Turn[] {
  return inTurn(
    microBatches,
    devices - stage - 1,
    (k) => [stage, k],
    (k) => [stage, k],
  );
}

/**
 * 1F1B over several stages per device (SC 2021, section 2.2.2): micro-batches go through a device's stages in groups of as
 * many as there are devices. A device runs ahead by 2 per device behind it, and by a group per further stage (Megatron-LM,
 * megatron/core/pipeline_parallel/schedules.py).
 */
function interleaved(device: number, { devices, microBatches, chunks }: PipelineShape): Turn[] {
  const at = (k: number): { chunk: number; microBatch: number } => ({
    chunk: Math.floor(k / devices) % chunks,
    microBatch: Math.floor(k / (devices * chunks)) * devices + (k % devices),
  });
  const total = microBatches * chunks;
  // With as many micro-batches as devices, all go forward first, as in Megatron-LM.
  const ahead = microBatches === devices ? total : 2 * (devices - device - 1) + (chunks - 1) * devices;
  return inTurn(
    total,
    ahead,
    (k) => [at(k).chunk * devices + device, at(k).microBatch],
    (k) => [(chunks - 1 - at(k).chunk) * devices + device, at(k).microBatch],
  );
}

type Work = (k: number) => readonly [stage: number, microBatch: number];

/** `ahead` forwards of `total`, then a forward and a backward in turn, then the backwards that are left. */
function inTurn(total: number, ahead: number, forwardWork: Work, backwardWork: Work): Turn[] {
  const first = Math.min(ahead, total);
  const turns: Turn[] = [];
  for (let k = 0; k < first; k++) turns.push(forward(...forwardWork(k)));
  for (let k = first; k < total + first; k++) {
    if (k < total) turns.push(forward(...forwardWork(k)));
    const [stage, microBatch] = backwardWork(k - first);
    turns.push({ stage, backward: true, microBatch });
  }
  return turns;
}

function forward(stage: number, microBatch: number): Turn {
  return { stage, backward: false, microBatch };
}
