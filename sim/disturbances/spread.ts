import { type RandomStream, stream } from '../../base/random.ts';
import type { Cluster } from '../../devices/cluster.ts';

/** A factor of mean 1 whose logarithm is normal with standard deviation `sigma`. */
export function logNormal(random: RandomStream, sigma: number): number {
  return Math.exp(sigma * random.normal() - sigma ** 2 / 2);
}

/**
 * No two devices of a model are equally fast: a constant log-normal factor of mean 1 on all compute times of a device,
 * drawn from its name.
 */
export function deviceSpread(sigma: number, { devices }: Cluster, seed: number | string): Float64Array {
  return Float64Array.from(devices, ({ name }) => logNormal(stream(seed, 'speed', name), sigma));
}

/** A log-normal factor of mean 1 on each op by itself; the k-th op that a device starts gets its k-th draw. */
export function opSpread(
  sigma: number,
  { devices }: Cluster,
  seed: number | string,
): (device: number) => number {
  const streams = devices.map(({ name }) => stream(seed, 'op', name));
  return (device) => logNormal(streams[device]!, sigma);
}
