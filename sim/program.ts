import type { Exchange } from '../graph/exchanges.ts';
import type { Loop, StepClock } from '../graph/plan.ts';
import type { ActivityGraph } from './activity-graph.ts';
import type { MemoryTemplate } from './memory-template.ts';

/** A loop as the engine runs it: a template of activities, and what its roles stand for here. */
export interface ProgramLoop {
  readonly loop: Pick<Loop, 'name' | 'replica' | 'countsUpdates'>;
  /** Shared by all loops of equal template and equal device models. */
  readonly activities: ActivityGraph;
  /** Per role of a device: its index in the cluster. */
  readonly device: Int32Array;
  /** Per role of a stream: its index in the program. */
  readonly stream: Int32Array;
  /** Per pair of the activities: its route, as link indices. */
  readonly route: readonly Int32Array[];
  /** Per activity: index in `resource` of the variable, accumulator or queue that it uses; −1 for none. */
  readonly use: Int32Array;
  /**
   * Per activity that updates a variable: index in `resource` of the accumulator whose sum it applies; −1 elsewhere. Absent
   * where there are none.
   */
  readonly sum?: Int32Array;
  /** Indices of variables, accumulators and queues in the program. */
  readonly resource: Int32Array;
  /** Per role of a stream: 1 where the replica's slow-down applies. */
  readonly slowed: Uint8Array;
  /** What the values of a step occupy; absent where no tensors are known. */
  readonly memory?: MemoryTemplate;
}

/** Everything that the engine runs: loops over the streams of a cluster, and the state that they share. */
export interface Program {
  readonly loops: readonly ProgramLoop[];
  /** Per stream: its device, and how many activities it computes at a time. */
  readonly streamDevice: Int32Array;
  readonly streamWidth: Int32Array;
  /**
   * Per stream: where its ops share the device, each once it has been launching for so many seconds; negative where
   * each has a lane of its own. Absent: all have.
   */
  readonly sharedLaunchSeconds?: Float64Array;
  /** Number of variables. */
  readonly variableCount: number;
  readonly accumulators: readonly { readonly name: string; readonly required: number }[];
  readonly queues: readonly { readonly name: string; readonly first: number | undefined }[];
  /** Absent: none. */
  readonly clocks?: readonly StepClock[];
  readonly exchanges?: readonly Exchange[];
  /** Per device of the cluster: bytes that variables and accumulators occupy throughout; absent: unknown. */
  readonly residentBytes?: Float64Array;
  /** The program is done after so many updates. */
  readonly updates: number;
}
