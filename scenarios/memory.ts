import { invariant } from '../base/errors.ts';
import { formatBytes } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { Program } from '../sim/program.ts';
import type { Simulation } from '../sim/simulation.ts';
import type { DeviceMemory, MemoryCurve, OutOfMemory } from './results.ts';

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

/** Curves that are shown, and points of each. */
const CURVES = 3;
const POINTS = 400;

/** Live bytes over the recorded step, on the devices that come nearest to their capacity, one of each job and model. */
export function memoryCurves(cluster: Cluster, program: Program, simulation: Simulation): MemoryCurve[] {
  const { memory, recorded } = simulation;
  const filled = memoryOf(cluster, program, simulation)
    .filter(({ peakBytes, residentBytes }) => peakBytes > residentBytes)
    .sort((a, b) => b.footprintBytes / b.capacityBytes - a.footprintBytes / a.capacityBytes);
  return filled.slice(0, CURVES).map(({ device, model, capacityBytes }) => {
    const { seconds, bytes } = memory!.overTime[cluster.indexOf(device)]!;
    return { device, model, capacityBytes, ...peaksOf(seconds, bytes, recorded) };
  });
}

/** At most `POINTS` equal spans of time, each with the most that was live in it. */
function peaksOf(
  seconds: readonly number[],
  bytes: readonly number[],
  { from, until }: Simulation['recorded'],
): Pick<MemoryCurve, 'seconds' | 'bytes'> {
  const most = new Map<number, number>();
  const spanOf = (time: number): number =>
    Math.min(POINTS - 1, Math.floor(((time - from) / (until - from || 1)) * POINTS));
  for (const [i, time] of seconds.entries()) {
    // What was live before holds at the beginning of the span too.
    const before = i === 0 ? 0 : bytes[i - 1]!;
    const span = spanOf(time);
    most.set(span, Math.max(most.get(span) ?? before, bytes[i]!));
  }
  const spans = [...most.keys()].sort((a, b) => a - b);
  const columns = { seconds: [] as number[], bytes: [] as number[] };
  for (const span of spans) {
    columns.seconds.push((span / POINTS) * (until - from));
    columns.bytes.push(most.get(span)!);
  }
  return columns;
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
