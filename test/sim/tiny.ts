import { MultiDirectedGraph } from 'graphology';
import type { Cluster } from '../../devices/cluster.ts';
import type { CostModel } from '../../devices/cost-model.ts';
import type { DeviceModel, LinkModel, Quantity } from '../../devices/device.ts';

/*
 * A world in which times can be worked out by hand: one flop takes one second, so an element-wise op on n elements
 * takes n seconds and makes 4·n bytes; clusters are spelt out, routes included.
 */

export const tinyCost: CostModel = (work) => (work.class === 'none' ? 0 : work.flops);

const given = (value: number): Quantity => ({ value, evidence: 'assumed', source: 'made up for a test' });

/** `links`: [name, bytes per second, latency in seconds]; `routes`: link numbers by `from>to`. */
export function tinyCluster(
  devices: readonly string[],
  links: readonly (readonly [string, number, number])[],
  routes: { readonly [pair: string]: readonly number[] },
): Cluster {
  return {
    devices: devices.map((name) => ({ name, host: name, model: { id: name, name } as DeviceModel })),
    links: links.map(([name, bytesPerSecond, latency]) => ({
      name,
      model: {
        id: name,
        name,
        bytesPerSecond: given(bytesPerSecond),
        rawBytesPerSecond: given(bytesPerSecond),
        latencySeconds: given(latency),
      } satisfies LinkModel,
    })),
    topology: new MultiDirectedGraph(),
    route: (from, to) => Int32Array.from(routes[`${from}>${to}`]!),
    indexOf: (name) => devices.indexOf(name),
  };
}
