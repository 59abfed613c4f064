import { invariant } from '../base/errors.ts';
import { formatBytes } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { Program } from '../sim/program.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { DeviceMemory, OutOfMemory } from './results.ts';

/** Blocks of a peak that are listed. */
const LISTED = 8;

/** The fullest device of each job and model: the others of its kind are much like it. */
export function memoryOf(cluster: Cluster, { loops }: Program, { memory }: Simulation): DeviceMemory[] {
  invariant(memory !== undefined, 'memory was not accounted for');
  const fullest = new Map<string, number>();
  for (const [device, { model, host }] of cluster.devices.entries()) {
    if (memory.peakBytes[device]! === 0) continue;
    const key = `${host.split('/')[0]} ${model.id}`;
    const known = fullest.get(key);
    if (known === undefined || memory.footprintBytes[device]! > memory.footprintBytes[known]!)
      fullest.set(key, device);
  }
  return [...fullest.values()].map((device) => {
    const { name, model } = cluster.devices[device]!;
    return {
      device: name,
      model: model.name,
      capacityBytes: model.memoryBytes.value,
      residentBytes: memory.residentBytes[device]!,
      peakBytes: memory.peakBytes[device]!,
      peakSeconds: memory.peakSeconds[device]!,
      footprintBytes: memory.footprintBytes[device]!,
      largest: memory.atPeak[device]!.slice(0, LISTED).map(({ loop, activity, bytes }) => ({
        name: loops[loop]!.activities.nameOf(activity),
        bytes,
      })),
    };
  });
}

/** The first time that memory did not suffice; null where it always did. `remedies`: what would fit, found out only then. */
export function outOfMemoryOf(
  cluster: Cluster,
  { loops }: Program,
  { memory }: Simulation,
  remedies: () => readonly string[],
): OutOfMemory | null {
  const found = memory?.outOfMemory;
  if (found === undefined) return null;
  const { device, loop, activity, seconds, bytes, used, capacity } = found;
  return {
    device: cluster.devices[device]!.name,
    model: cluster.devices[device]!.model.name,
    // Before anything runs, variables alone are too much.
    node: bytes === 0 ? null : loops[loop]!.activities.nameOf(activity),
    seconds,
    bytes,
    usedBytes: used,
    capacityBytes: capacity,
    remedies: remedies(),
  };
}

/** `out of memory: …` in one sentence, for people. */
export function outOfMemoryInWords({
  device,
  node,
  bytes,
  usedBytes,
  capacityBytes,
  remedies,
}: OutOfMemory): string {
  const what =
    node === null
      ? `variables and the runtime take ${formatBytes(usedBytes)}`
      : `${node} asks for ${formatBytes(bytes)} beside ${formatBytes(usedBytes)} in use`;
  const cure = remedies.length === 0 ? '' : `; ${remedies.join(', or ')}`;
  return `out of memory: ${device} has ${formatBytes(capacityBytes)}, and ${what}${cure}`;
}

/** The largest batch below `batch` that `fits`, by bisection; 0 where not even one sample does. */
export function largestBatch(batch: number, fits: (batch: number) => boolean): number {
  let [low, high] = [0, batch];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}

/** What to do where `batch` samples per step, and no more, would fit. */
export function remediesFor(batch: number): string[] {
  return batch === 0
    ? ['not even one sample per step fits: choose a device with more memory']
    : [`${batch} sample${batch === 1 ? '' : 's'} per step would fit`];
}
