import { invariant } from '../../base/errors.ts';
import type { Schedule } from '../../graph/turns.ts';

/** Seconds of one micro-batch on one stage. */
export interface StageSeconds {
  readonly forward: number;
  readonly backward: number;
}

export interface PipelineSeconds {
  /** By stage. */
  readonly stages: readonly StageSeconds[];
  /** From a device to the next: the time that an activation, or its gradient, takes. */
  readonly transferSeconds: number;
  /** Whether a device waits until what it sends has arrived (Megatron-LM's batched send and receive). */
  readonly blocking: boolean;
}

/**
 * Seconds from the first forward turn of a pipeline to its last backward one: turns begin in the order of the schedule, when their
 * device is free and what they need has come. Exact where a turn's kernels run one after the other, as one compute
 * stream does.
 */
export function condensedPipeline(
  schedule: Schedule,
  { stages, transferSeconds, blocking }: PipelineSeconds,
): number {
  const devices = schedule.length;
  const last = stages.length - 1;
  const next = new Int32Array(devices);
  const free = new Float64Array(devices);
  const done = new Map<number, number>();
  const key = (stage: number, backward: boolean, microBatch: number): number =>
    (microBatch * stages.length + stage) * 2 + (backward ? 1 : 0);
  let left = schedule.reduce((sum, turns) => sum + turns.length, 0);
  while (left > 0) {
    const before = left;
    for (let device = 0; device < devices; device++) {
      for (; next[device]! < schedule[device]!.length; next[device]!++) {
        const { stage, backward, microBatch } = schedule[device]![next[device]!]!;
        const isSource = !backward && stage === 0;
        const from = backward
          ? stage === last
            ? key(stage, false, microBatch)
            : key(stage + 1, true, microBatch)
          : key(stage - 1, false, microBatch);
        const ready = isSource ? 0 : done.get(from);
        if (ready === undefined) break;
        const stays = isSource || (backward && stage === last) || devices === 1;
        const arrival = ready + (stays ? 0 : transferSeconds);
        const seconds = backward ? stages[stage]!.backward : stages[stage]!.forward;
        const end = Math.max(free[device]!, arrival) + seconds;
        done.set(key(stage, backward, microBatch), end);
        const sends = devices > 1 && (backward ? stage > 0 : stage < last);
        free[device] = end + (blocking && sends ? transferSeconds : 0);
        left--;
      }
    }
    invariant(left < before, 'the schedule of the pipeline never ends');
  }
  return free.reduce((most, seconds) => Math.max(most, seconds), 0);
}
