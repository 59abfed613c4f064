import type { Evidence, Quantity } from './device.ts';
import type { PeersDescription } from './inside/peers.ts';

/**
 * One model of machine, as vendors sell it and clouds rent it: what it is made of, by ids of the catalog. Scenario files
 * name one by `cluster.workers.node`.
 */
export interface NodeModel {
  readonly id: string;
  readonly name: string;
  readonly year: number;
  readonly cpu: string;
  /** Sockets, each with such a CPU. */
  readonly cpus: number;
  readonly accelerators?: NodeAccelerators;
  /** Adapters that messages between nodes go through: link and number. None where it is used alone. */
  readonly network?: { readonly link: string; readonly count: number };
  /** Where accelerators of several nodes are joined directly (TPU slices). */
  readonly slice?: Slice;
  /** Where what it is made of is from. */
  readonly evidence: Evidence;
  readonly source: string;
  /** Most that the whole node draws. */
  readonly powerWatts?: Quantity;
  /** List price of renting it, on demand, in US dollars per hour. */
  readonly dollarsPerHour?: Quantity;
}

export interface NodeAccelerators {
  readonly model: string;
  readonly count: number;
  /** Between each of them, or the PCIe switch that it is on, and the host. */
  readonly bus: string;
  readonly pcie?: {
    readonly acceleratorsPerSwitch: number;
    readonly switchesPerSocket?: number;
    readonly socketLink?: string;
  };
  /** Each one's links to the others, as one. */
  readonly peerLink?: string;
  readonly peers?: PeersDescription['through'];
}

/** A grid of accelerators over the hosts of a pod, of which users get a part. */
export interface Slice {
  readonly dimensions: number;
  readonly link: string;
  /** Dimensions from this length on are closed to rings. */
  readonly wrapFrom: number;
  /** Lengths of the whole pod. */
  readonly pod: readonly number[];
}
