import type { MultiDirectedGraph } from 'graphology';
import type { CommunicationParameters } from './communication/parameters.ts';
import type { DeviceModel, LinkModel } from './device.ts';

/** A device in its place. Its index in Cluster.devices is its id. */
export interface ClusterDevice {
  /** Full TensorFlow-style name, e.g. `/job:worker/task:3/device:GPU:0`. */
  readonly name: string;
  readonly model: DeviceModel;
  /** The host that it sits on, e.g. `worker/3`. */
  readonly host: string;
}

/** One direction of a link. Its index in Cluster.links is its id. */
export interface ClusterLink {
  /** e.g. `worker/3 → switch` */
  readonly name: string;
  readonly model: LinkModel;
}

/** Devices on hosts, hosts joined by links: a topology graph, and a route (a list of links) between any two devices. */
export interface Cluster {
  readonly devices: readonly ClusterDevice[];
  readonly links: readonly ClusterLink[];
  /**
   * What collectives of its GPUs take by their communication library, where they are left to that; without it, what their messages take
   * on the links.
   */
  readonly communication?: CommunicationParameters;
  /** For drawing and inspection, built when first asked for: nodes are devices, hosts and switches; edges are links by index. */
  readonly topology: MultiDirectedGraph;
  /**
   * Links from one device to another in order, the same whenever asked: the shortest way, ties by lowest link ids or
   * (ECMP) by a hash of the pair. Empty on the same device. @throws UserError where no link leads there.
   */
  route(from: number, to: number): Int32Array;
  /** Index of the device named so; −1 where there is none. */
  indexOf(name: string): number;
}
