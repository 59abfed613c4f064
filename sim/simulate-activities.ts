import { invariant, UserError } from '../base/errors.ts';
import type { Cluster } from '../devices/cluster.ts';
import { Action, type ActivityGraph } from './activity-graph.ts';
import { simulate } from './engine.ts';
import type { Program } from './program.ts';
import type { Simulation, SimulationOptions } from './simulation.ts';

/** A program that runs `activities` once; their devices are the cluster's. */
export function singleRun(activities: ActivityGraph, cluster: Cluster): Program {
  const { pairs, streamDevice, streamWidth, count, action } = activities;
  const deviceCount = cluster.devices.length;
  const known = (device: number): void => {
    if (device >= 0 && device < deviceCount) return;
    throw new UserError(`an activity is on device ${device}; the cluster has ${deviceCount} devices, from 0`);
  };
  streamDevice.forEach(known);
  pairs.from.forEach(known);
  pairs.to.forEach(known);
  for (let i = 0; i < count; i++) {
    if (action[i]! > Action.delay)
      invariant(false, `${activities.nameOf(i)}: only plans have variables and queues`);
  }
  return {
    loops: [
      {
        loop: { name: 'step', replica: -1, countsUpdates: true },
        activities,
        device: Int32Array.from({ length: deviceCount }, (_, device) => device),
        stream: Int32Array.from(streamDevice, (_, stream) => stream),
        route: Array.from(pairs.from, (from, pair) => cluster.route(from, pairs.to[pair]!)),
        use: new Int32Array(0),
        resource: new Int32Array(0),
        slowed: new Uint8Array(streamDevice.length),
      },
    ],
    streamDevice,
    streamWidth,
    variableCount: 0,
    accumulators: [],
    queues: [],
    updates: 1,
  };
}

/**
 * When everything in `activities` is done: `seconds` of the result is the makespan.
 *
 * @throws DeadlockError where activities wait for each other in a circle; UserError where a device is unknown.
 */
export function simulateActivities(
  activities: ActivityGraph,
  cluster: Cluster,
  options: SimulationOptions = {},
): Simulation {
  return simulate(singleRun(activities, cluster), cluster, options);
}
