import { UserError, unknownName } from '../base/errors.ts';
import type { Cluster } from '../devices/cluster.ts';
import { matchesDevice } from '../devices/device-spec.ts';
import type { Graph } from '../graph/graph.ts';
import { type Constraints, resolveConstraints } from './constraints.ts';
import type { Placement, Placer } from './placer.ts';

/**
 * The whole graph on one device; colocation groups that may not run there go to their first feasible device.
 *
 * Which device: the one that `spec` names (`/job:worker/task:0/device:GPU:1`). Where `spec` matches several
 * (`/device:GPU:*`; '' matches all), each is tried with `context.evaluate` and the fastest is taken, the lowest
 * index among equals. `note` tells which.
 */
export function singleDevice(spec = ''): Placer {
  return {
    name: spec === '' ? 'single-device' : `single-device:${spec}`,
    description: `the whole graph on ${spec === '' ? 'the best single device' : spec}`,
    place(graph, cluster, context) {
      const constraints = resolveConstraints(graph, cluster, context);
      const candidates = devicesNamed(spec, cluster);
      if (candidates.length === 1) {
        const only = candidates[0]!;
        const note = `on ${cluster.devices[only]!.name}`;
        return { placement: placeOn(only, graph, constraints), evaluations: 0, note };
      }
      let best = candidates[0]!;
      let bestSeconds = Number.POSITIVE_INFINITY;
      const history: [number, number][] = [];
      for (const [i, device] of candidates.entries()) {
        const seconds = context.evaluate(placeOn(device, graph, constraints));
        if (seconds < bestSeconds) {
          best = device;
          bestSeconds = seconds;
          history.push([i + 1, seconds]);
        }
        context.progress?.((i + 1) / candidates.length, bestSeconds);
      }
      return {
        placement: placeOn(best, graph, constraints),
        evaluations: candidates.length,
        history,
        note: `on ${cluster.devices[best]!.name}, the fastest of ${candidates.length}`,
      };
    },
  };
}

/** Every node on `device`, or on its first feasible device where its constraints forbid that one. */
export function placeOn(device: number, graph: Graph, constraints: Constraints): Placement {
  return Int32Array.from({ length: graph.nodeCount }, (_, node) => {
    const feasible = constraints.feasible[node]!;
    return feasible.includes(device) ? device : feasible[0]!;
  });
}

function devicesNamed(spec: string, cluster: Cluster): number[] {
  const exact = cluster.indexOf(spec);
  if (exact >= 0) return [exact];
  const devices: number[] = [];
  for (const [d, { name }] of cluster.devices.entries()) if (matchesDevice(spec, name)) devices.push(d);
  if (devices.length > 0) return devices;
  throw new UserError(
    unknownName(
      'device',
      spec,
      cluster.devices.map((device) => device.name),
    ),
  );
}
