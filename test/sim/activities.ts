import type { Cluster } from '../../devices/cluster.ts';
import type { ActivityGraph } from '../../sim/activity-graph.ts';
import { simulateActivities } from '../../sim/simulate-activities.ts';
import type { Simulation, SimulationOptions } from '../../sim/simulation.ts';
import { Row } from '../../sim/trace.ts';
import { tinyCluster } from './tiny.ts';

export const EVERYTHING = { from: 0, to: Number.POSITIVE_INFINITY };

/** Devices between which there are no links. */
export function islands(...devices: readonly string[]): Cluster {
  return tinyCluster(devices, [], {});
}

/** The same cluster with all devices on one host. */
export function onOneHost(cluster: Cluster): Cluster {
  return { ...cluster, devices: cluster.devices.map((device) => ({ ...device, host: 'host' })) };
}

/** Devices 0 … n − 1 and a link of its own from each to each: number from · n + to. */
export function fullMesh(n: number, bytesPerSecond: (link: number) => number, latency = 0): Cluster {
  const names = Array.from({ length: n }, (_, d) => `d${d}`);
  const links = Array.from(
    { length: n * n },
    (_, link) => [`${Math.floor(link / n)} → ${link % n}`, bytesPerSecond(link), latency] as const,
  );
  const routes: { [pair: string]: number[] } = {};
  for (let from = 0; from < n; from++)
    for (let to = 0; to < n; to++) routes[`${from}>${to}`] = from === to ? [] : [from * n + to];
  return tinyCluster(names, links, routes);
}

/** Start and end of each activity by its name; what was lost or dropped is left out. */
export function timesOf(
  { nameOf }: ActivityGraph,
  { trace }: Simulation,
): { [name: string]: [start: number, end: number] } {
  const times: { [name: string]: [number, number] } = {};
  for (let row = 0; row < trace.length; row++) {
    if (trace.kind[row] === Row.lost || trace.kind[row] === Row.dropped) continue;
    times[nameOf(trace.node[row]!)] = [trace.start[row]!, trace.end[row]!];
  }
  return times;
}

/** Runs and records all: the simulation, and its times by name. */
export function run(graph: ActivityGraph, cluster: Cluster, options: SimulationOptions = {}) {
  const simulation = simulateActivities(graph, cluster, { record: EVERYTHING, ...options });
  return { simulation, seconds: simulation.seconds, times: timesOf(graph, simulation) };
}
