import { formatRate, formatSeconds } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import { customCluster } from '../devices/cluster-builder.ts';
import type { DeviceModel, LinkModel, Quantity } from '../devices/device.ts';
import { NEUTRAL_KERNELS } from '../devices/kernels/parameters.ts';

const none: Quantity = { value: 0, evidence: 'assumed', source: 'never asked for: traces bring their times' };

/** Stands for what a trace was recorded on: nothing is priced by it. */
const RECORDED: DeviceModel = {
  id: 'recorded',
  name: 'as recorded',
  kind: 'GPU',
  year: 0,
  peak: {},
  memoryBytes: none,
  memoryBytesPerSecond: none,
  launchSeconds: none,
  streamShare: none,
  kernels: { default: { parameters: NEUTRAL_KERNELS, own: {} } },
};

/**
 * The devices of a trace, each joined to the next and the last to the first (`ring`), or all to a switch. A link's
 * latency is that from device to device, and its bandwidth that of each direction. Without a link, nothing is joined.
 */
export function replayCluster(
  names: readonly string[],
  topology: 'ring' | 'switch',
  link: LinkModel | undefined,
): { readonly cluster: Cluster; readonly description: string } {
  const devices = names.map((name) => ({ name, model: RECORDED }));
  if (link === undefined)
    return { cluster: customCluster({ devices, links: [] }), description: 'no network' };
  const { bytesPerSecond, latencySeconds } = link;
  const half = { ...link, latencySeconds: { ...latencySeconds, value: latencySeconds.value / 2 } };
  const next = (i: number): string => names[(i + 1) % names.length]!;
  const ring = names.length > 2 ? names : names.slice(0, names.length - 1);
  const links =
    topology === 'ring'
      ? ring.map((from, i) => ({ from, to: next(i), model: link }))
      : names.map((from) => ({ from, to: 'switch', model: half }));
  return {
    cluster: customCluster({ devices, links, devicesForward: topology === 'ring' }),
    description: `${topology} of ${names.length}, ${formatRate(bytesPerSecond.value)} each way, ${formatSeconds(latencySeconds.value)} from one to ${topology === 'ring' ? 'the next' : 'another'}`,
  };
}

/** A link that the user describes by two numbers. */
export function linkOfNumbers(bytesPerSecond: number, latencySeconds: number): LinkModel {
  const given = (value: number): Quantity => ({ value, evidence: 'assumed', source: 'given for the replay' });
  return {
    id: 'given',
    name: 'given',
    bytesPerSecond: given(bytesPerSecond),
    rawBytesPerSecond: given(bytesPerSecond),
    latencySeconds: given(latencySeconds),
  };
}
