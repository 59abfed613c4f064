import { stream } from '../../base/random.ts';
import type { Cluster } from '../../devices/cluster.ts';
import { alternation } from './alternation.ts';
import type { Change } from './disturbances.ts';
import { matches } from './pattern.ts';

/** Spells in which a device is slow: other jobs on its host, heat, a neighbour's garbage collection. */
export interface Transients {
  /** Mean seconds from the end of one spell to the next, of each device. */
  readonly everySeconds: number;
  /** Mean seconds that a spell lasts. */
  readonly lastSeconds: number;
  /** Factor on the compute time of ops that start in it. */
  readonly slowdown: number;
  /** Hosts on whose devices they occur, e.g. `worker/*`. */
  readonly hosts: string;
}

/**
 * Spells begin at random (a Poisson process while the device is well) and last exponentially long. Each device has them
 * by itself, from a stream of its name.
 */
export function transients(
  { everySeconds, lastSeconds, slowdown, hosts }: Transients,
  { devices }: Cluster,
  seed: number | string,
): Iterator<Change>[] {
  function* spells(device: number, name: string): Generator<Change> {
    for (const { seconds, well } of alternation(stream(seed, 'transient', name), everySeconds, lastSeconds)) {
      yield { kind: 'device-speed', seconds, device, factor: well ? 1 : 1 / slowdown };
    }
  }
  return devices.flatMap(({ name, host }, device) => (matches(hosts, host) ? [spells(device, name)] : []));
}
