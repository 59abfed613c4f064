import type { DeviceUseMeter } from './device-use.ts';
import type { Disturbances } from './disturbances/disturbances.ts';
import type { MemoryUse } from './memory-meter.ts';
import type { LinkLoads } from './network/link-loads.ts';
import type { CheckpointPolicy, Loss } from './recovery.ts';
import type { StragglerTimes } from './straggler-tally.ts';
import type { Trace } from './trace.ts';

/** What is simulated besides ops and messages, and what is recorded. All of it off unless given. */
export interface SimulationOptions {
  readonly disturbances?: Disturbances;
  /** How transfers share links: max-min fair, or not at all (the oracle and fast path). Default: fluid. */
  readonly network?: 'fluid' | 'store-and-forward' | 'whole-messages';
  /**
   * Which of the activities that wait for a stream goes first: the one that came first, or the one with the longest
   * way to the end of its step. Default: fifo.
   */
  readonly readyPolicy?: 'fifo' | 'critical-path';
  /** Per device: seconds that its host takes to dispatch one op to it; absent: none. */
  readonly dispatchSeconds?: Float64Array;
  /**
   * Per device: copy engines (DMA) for transfers within its host. 1 serves both directions, 2 and more one each; 0: not
   * modelled.
   */
  readonly copyEngines?: Int32Array;
  /** Whether memory is accounted for. Default: no. */
  readonly memory?: boolean;
  /** Whether it is noted for whom updates wait. Default: no. */
  readonly stragglers?: boolean;
  /** Checkpoints, and what it takes to start again; needed where disturbances bring failures. */
  readonly checkpoints?: CheckpointPolicy;
  /** Called when a node starts, in simulated order: where its kernel runs, if numbers are wanted. */
  readonly onStart?: (loop: number, node: number, iteration: number, seconds: number) => void;
  /** Called after each parameter update, counted from 1. */
  readonly onUpdate?: (update: number, seconds: number) => void;
  /**
   * Rows are recorded from after update `from` (with the ops that run then) until update `to` is done; default: none.
   */
  readonly record?: { readonly from: number; readonly to: number };
}

/** What a simulation found. Times are simulated seconds, sizes bytes. */
export interface Simulation {
  /** Simulated seconds until the last update. */
  readonly seconds: number;
  /** When each update was done. Updates that a failure undid count when they were done again. */
  readonly updateSeconds: Float64Array;
  readonly trace: Trace;
  /** What links carried while the trace was recorded. */
  readonly linkLoads: LinkLoads;
  /** The seconds that the trace covers. Rows that begin in them may end later. */
  readonly recorded: { readonly from: number; readonly until: number };
  readonly deviceUse: DeviceUseMeter;
  /** Per link: bytes carried and seconds busy. */
  readonly linkBytes: Float64Array;
  readonly linkBusySeconds: Float64Array;
  /** Bytes of all transfers that arrived, each counted once whatever its hops. */
  readonly transferBytes: number;
  readonly gradientsApplied: number;
  readonly gradientsDropped: number;
  /** Per loop: gradients of its that were dropped. */
  readonly droppedByLoop: Int32Array;
  /**
   * How many of the applied gradients were 0, 1, 2 … updates stale: so many did the variable see between the worker's read
   * and the update that took the gradient.
   */
  readonly staleness: readonly number[];
  /** Where it was asked for. */
  readonly stragglers: StragglerTimes | undefined;
  /** Where memory was accounted for. */
  readonly memory: MemoryUse | undefined;
  /** Failures, in order, and what each cost. */
  readonly losses: readonly Loss[];
  /** Checkpoints that were written to the end. */
  readonly checkpointsWritten: number;
  /** Why it ended before its updates were done (a lost device that nobody repairs); undefined where it did not. */
  readonly stopped: string | undefined;
  /** Events handled, as a measure of the work done. */
  readonly events: number;
}
