import type { PartitionedGraph } from './partition.ts';

/**
 * What a training strategy is, in terms that the simulator and the executor both interpret: loops that run
 * partitioned graphs again and again, and the shared state through which they wait for each other. Variables,
 * accumulators and queues are shared by name across loops. Replicas share one template.
 */
export interface Plan {
  readonly loops: readonly Loop[];
  /** Accumulators by name, with the gradients per step that each needs. */
  readonly accumulators: readonly { readonly name: string; readonly required: number }[];
  /** Token queues by name, with the token that each holds at the start. */
  readonly queues: readonly { readonly name: string; readonly first: number | undefined }[];
  /** The plan is done after so many parameter updates. */
  readonly updates: number;
}

export interface Loop {
  /** e.g. `worker/3`, `chief` */
  readonly name: string;
  /** Number of the replica, or −1 for a loop that belongs to none. Replaces `{replica}` in queue names. */
  readonly replica: number;
  readonly template: PartitionedGraph;
  /** Per device of the template: its index in the cluster. */
  readonly device: Int32Array;
  /** Per device of the template: 1 where it works for this replica alone, so that the replica's noise slows it. */
  readonly ownDevice: Uint8Array;
  /** Whether one iteration of this loop is one parameter update. */
  readonly countsUpdates: boolean;
}

/** Name of the queue that a token op of `loop` uses. */
export function queueName(pattern: string, loop: Loop): string {
  return pattern.replace('{replica}', String(loop.replica));
}

/** One partitioned graph, run `steps` times on one placement. */
export function singleLoopPlan(template: PartitionedGraph, steps = 1): Plan {
  const device = Int32Array.from(template.devices, (_, index) => index);
  const ownDevice = new Uint8Array(template.devices.length).fill(1);
  const loop: Loop = { name: 'step', replica: 0, template, device, ownDevice, countsUpdates: true };
  return { loops: [loop], accumulators: [], queues: [], updates: steps };
}
