import type { DeviceUseMeter } from './device-use.ts';
import type { Slowdown } from './noise.ts';
import type { Trace } from './trace.ts';

export interface SimulationOptions {
  readonly slowdown?: Slowdown;
  /** Called when a node starts, in simulated order: where its kernel runs, if numbers are wanted. */
  readonly onStart?: (loop: number, node: number, iteration: number, seconds: number) => void;
  /** Called after each parameter update, counted from 1. */
  readonly onUpdate?: (update: number, seconds: number) => void;
  /**
   * Rows are recorded from after update `from` (with the ops that run then) until update `to` is done; default: none.
   */
  readonly record?: { readonly from: number; readonly to: number };
}

export interface Simulation {
  /** Simulated seconds until the last update. */
  readonly seconds: number;
  /** When each update was done. */
  readonly updateSeconds: Float64Array;
  readonly trace: Trace;
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
  /** Updates that a variable saw between read and gradient: sum and maximum over applied gradients. */
  readonly stalenessSum: number;
  readonly stalenessMax: number;
  /** Events handled, as a measure of the work done. */
  readonly events: number;
}
