import type { Cluster } from '../devices/cluster.ts';
import type { LinkModel, Quantity } from '../devices/device.ts';

/** Devices of one model, or links of one model, in one respect; or the hosts that dispatch ops to their devices. */
export interface ResourceClass {
  readonly kind: 'compute' | 'bandwidth' | 'latency' | 'dispatch';
  /** Id of the model; of hosts '', since all are taken together. */
  readonly model: string;
  /** For people, e.g. `Tesla K40`. */
  readonly name: string;
}

/** How long it would take were one class of resources faster. */
export interface WhatIf {
  readonly resource: ResourceClass;
  /** The time that was asked for, were the resource faster by `FASTER`. */
  readonly seconds: number;
}

/** How much faster: enough to show, little enough to be near what the bottleneck is now. */
export const FASTER = 0.1;

/** The classes of resources of a cluster that `used` says something runs on; `dispatchSeconds`: per device. */
export function resourceClasses(
  cluster: Cluster,
  used: { readonly device: (device: number) => boolean; readonly link: (link: number) => boolean },
  dispatchSeconds?: Float64Array,
): ResourceClass[] {
  const classes = new Map<string, ResourceClass>();
  const add = (kind: ResourceClass['kind'], model: string, name: string): void => {
    classes.set(`${kind} ${model}`, { kind, model, name });
  };
  for (const [device, { model }] of cluster.devices.entries()) {
    if (!used.device(device)) continue;
    add('compute', model.id, model.name);
    if ((dispatchSeconds?.[device] ?? 0) > 0) add('dispatch', '', 'hosts');
  }
  for (const [link, { model }] of cluster.links.entries()) {
    if (!used.link(link)) continue;
    add('bandwidth', model.id, model.name);
    if (model.latencySeconds.value > 0) add('latency', model.id, model.name);
  }
  return [...classes.values()];
}

/**
 * Each resource class made faster by itself, and the time that follows: what limits a step is what shortens it most.
 * `secondsOf` simulates on a changed cluster, with a factor per device on compute times and one on times of dispatch.
 */
export function whatIf(
  cluster: Cluster,
  resources: readonly ResourceClass[],
  secondsOf: (cluster: Cluster, deviceFactor: Float64Array, dispatchFactor: number) => number,
): WhatIf[] {
  const unchanged = new Float64Array(cluster.devices.length).fill(1);
  const results = resources.map((resource): WhatIf => {
    if (resource.kind === 'compute') {
      const factor = unchanged.map((one, device) =>
        cluster.devices[device]!.model.id === resource.model ? 1 / (1 + FASTER) : one,
      );
      return { resource, seconds: secondsOf(cluster, factor, 1) };
    }
    if (resource.kind === 'dispatch') {
      return { resource, seconds: secondsOf(cluster, unchanged, 1 / (1 + FASTER)) };
    }
    return { resource, seconds: secondsOf(withFasterLinks(cluster, resource), unchanged, 1) };
  });
  return results.sort((a, b) => a.seconds - b.seconds);
}

function withFasterLinks(cluster: Cluster, { kind, model }: ResourceClass): Cluster {
  const links = cluster.links.map((link) =>
    link.model.id === model ? { ...link, model: faster(link.model) } : link,
  );
  return {
    devices: cluster.devices,
    links,
    get topology() {
      return cluster.topology;
    },
    route: (from, to) => cluster.route(from, to),
    indexOf: (name) => cluster.indexOf(name),
  };

  function faster(of: LinkModel): LinkModel {
    const times = (quantity: Quantity, factor: number): Quantity => ({
      ...quantity,
      value: quantity.value * factor,
    });
    return kind === 'bandwidth'
      ? { ...of, bytesPerSecond: times(of.bytesPerSecond, 1 + FASTER) }
      : { ...of, latencySeconds: times(of.latencySeconds, 1 / (1 + FASTER)) };
  }
}
