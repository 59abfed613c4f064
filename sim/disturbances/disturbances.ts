/** Factor on the compute time of replica `replica` in its k-th step. Must be asked with k = 0, 1, 2, … in order. */
export type Slowdown = (replica: number, step: number) => number;

/** How machines depart from the cost model; the engine asks, generators answer from named random streams. */
export interface Disturbances {
  /** Factor on the compute time of a replica in its k-th step; asked with k = 0, 1, 2, … in order. */
  readonly slowdown?: Slowdown;
  /** Per device of the cluster: constant factor on its compute times; absent: 1. */
  readonly deviceFactor?: Float64Array;
  /** Factor on the duration of one op of a device, asked op by op in the order in which they start; absent: 1. */
  readonly opFactor?: (device: number) => number;
  /**
   * What happens at given times, in order of time; may be endless. The engine pulls one ahead. For one simulation: what
   * was pulled does not come again.
   */
  readonly changes?: Iterator<Change>;
}

/** What changes at a given moment, in simulated seconds: the speed of a device or of a link, or what fails and returns. */
export type Change =
  | {
      readonly kind: 'device-speed';
      readonly seconds: number;
      readonly device: number;
      /** Speed from now on, relative to nominal: ops that start later take 1 / factor of their time. */
      readonly factor: number;
    }
  | {
      readonly kind: 'link-speed';
      readonly seconds: number;
      readonly link: number;
      /** Bandwidth from now on, relative to nominal; 0: down. */
      readonly factor: number;
    }
  | {
      readonly kind: 'failure';
      readonly seconds: number;
      /** Lost with all that runs on them. */
      readonly devices: readonly number[];
      /** e.g. `worker/3` */
      readonly what: string;
      /** Until the devices are there again; Infinity: never. */
      readonly repairSeconds: number;
    };
