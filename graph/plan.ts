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
  /** Groups of devices that exchange tensors by collectives; none unless given. */
  readonly groups?: readonly CollectiveGroup[];
  /** Clocks that bound how far workers run ahead of each other; none unless given. */
  readonly clocks?: readonly StepClock[];
  /** The plan is done after so many parameter updates. */
  readonly updates: number;
}

/**
 * The ranks of a collective. Nodes of kinds AllReduce, AllGather … name their group; those of equal node name and group
 * meet once per step, whatever loops they are in. A node's rank is the place of its device in `devices`.
 */
export interface CollectiveGroup {
  readonly name: string;
  /** Per rank: index of its device in the cluster. Each rank has a device of its own. */
  readonly devices: readonly number[];
  /**
   * Where loops stand for others (see `Loop.standsForOthers`): the devices of other groups that do the same at the same time, and
   * whose traffic therefore counts too.
   */
  readonly alike?: readonly (readonly number[])[];
}

/** A worker may begin its step k only when every worker of the clock has ended step k − 1 − `bound`. */
export interface StepClock {
  readonly name: string;
  readonly workers: number;
  readonly bound: number;
}

/** A template of nodes that a task runs again and again: a worker, a parameter server’s chief, an evaluator. */
export interface Loop {
  /** e.g. `worker/3`, `chief` */
  readonly name: string;
  /** Number of the replica, or −1 for a loop that belongs to none: whose luck it has. */
  readonly replica: number;
  /**
   * What stands for `{key}` in names of queues, accumulators, variables, clocks and groups, beside `{replica}`: e.g.
   * `{group: 2}`.
   */
  readonly coordinates?: { readonly [key: string]: number };
  /** Prefix of the names of the loop's variables, e.g. `worker/3/`: loops of other scopes have copies. '' unless given. */
  readonly scope?: string;
  /** Which part of each global batch the loop is fed; its replica's unless given. */
  readonly data?: number;
  /**
   * Whether the loop stands for others that do the same at the same time: its collectives then do not wait for all
   * ranks of their groups. Such plans have times only, no numbers.
   */
  readonly standsForOthers?: boolean;
  /** Of such: the devices, by role, of each loop that it stands for, where their transfers may share links with its own. */
  readonly alike?: readonly Int32Array[];
  readonly template: PartitionedGraph;
  /** Per device of the template: its index in the cluster. */
  readonly device: Int32Array;
  /** Per device of the template: 1 where it works for this replica alone, so that the replica's noise slows it. */
  readonly ownDevice: Uint8Array;
  /** Whether one iteration of this loop is one parameter update. */
  readonly countsUpdates: boolean;
}

/** The name of a queue, accumulator, clock or group as `loop` uses it: `tokens/{replica}` is `tokens/3` to replica 3. */
export function nameIn(pattern: string, { replica, coordinates }: Loop): string {
  if (!pattern.includes('{')) return pattern;
  let name = pattern.replaceAll('{replica}', String(replica));
  for (const [key, value] of Object.entries(coordinates ?? {}))
    name = name.replaceAll(`{${key}}`, String(value));
  return name;
}

/** The name of a variable of `loop`'s, in which `{key}` stands for a coordinate too. */
export function variableIn(name: string, loop: Loop): string {
  return `${loop.scope ?? ''}${nameIn(name, loop)}`;
}

/** One partitioned graph, run `steps` times on one placement. */
export function singleLoopPlan(template: PartitionedGraph, steps = 1): Plan {
  const device = Int32Array.from(template.devices, (_, index) => index);
  const ownDevice = new Uint8Array(template.devices.length).fill(1);
  const loop: Loop = { name: 'step', replica: 0, template, device, ownDevice, countsUpdates: true };
  return { loops: [loop], accumulators: [], queues: [], updates: steps };
}
