import { type Dimension, formatMemory, formatQuantity } from '../base/units.ts';
import type { DeviceModel, Efficiency, LinkModel, Quantity } from '../devices/device.ts';
import type { Assumption } from './results.ts';

/* Every number of a catalog entry with its unit, how well it is known, and where it comes from. */

export function deviceNumbers(device: DeviceModel): Assumption[] {
  const row = (what: string, quantity: Quantity, dimension: Dimension) =>
    assumption(device.id, what, quantity, dimension);
  const rows = Object.entries(device.peak).map(([type, peak]) => row(`peak ${type}`, peak, 'flop/s'));
  const { memoryBytes } = device;
  rows.push({ ...row('memory', memoryBytes, 'bytes'), value: formatMemory(memoryBytes.value) });
  rows.push(row('memory bandwidth', device.memoryBytesPerSecond, 'bytes/s'));
  rows.push(row('launch of a kernel', device.launchSeconds, 'seconds'));
  if (device.powerWatts !== undefined) rows.push(row('power', device.powerWatts, 'watts'));
  for (const [from, to] of Object.entries(device.multiplyType ?? {})) {
    const { evidence, source } = to;
    rows.push({
      what: `${device.id}: products of ${from} are computed in`,
      value: to.type,
      evidence,
      source,
    });
  }
  rows.push(...efficiencies(device.id, '', device.efficiency));
  for (const [type, shares] of Object.entries(device.efficiencyByType ?? {})) {
    rows.push(...efficiencies(device.id, ` in ${type}`, shares));
  }
  const { systolic } = device;
  if (systolic !== undefined) {
    rows.push(row('systolic array, rows', systolic.rows, 'count'));
    rows.push(row('systolic array, columns', systolic.columns, 'count'));
    rows.push(row('systolic arrays', systolic.count, 'count'));
    rows.push(row('clock', systolic.clockHertz, 'hertz'));
    if (systolic.buffer !== undefined) {
      rows.push(row('on-chip buffer', systolic.buffer.bytes, 'bytes'));
      rows.push(row('bandwidth of the on-chip buffer', systolic.buffer.bytesPerSecond, 'bytes/s'));
    }
  }
  return rows;
}

export function linkNumbers(link: LinkModel): Assumption[] {
  return [
    assumption(link.id, 'bandwidth for large messages', link.bytesPerSecond, 'bytes/s'),
    assumption(link.id, 'nominal bandwidth', link.rawBytesPerSecond, 'bytes/s'),
    assumption(link.id, 'latency', link.latencySeconds, 'seconds'),
  ];
}

function efficiencies(
  id: string,
  type: string,
  shares: { readonly [opClass: string]: Efficiency },
): Assumption[] {
  return Object.entries(shares).flatMap(([opClass, { compute, memory, rampFlops }]) => [
    assumption(id, `share of peak arithmetic, ${opClass}${type}`, compute, 'ratio'),
    assumption(id, `share of memory bandwidth, ${opClass}${type}`, memory, 'ratio'),
    assumption(id, `start-up of a kernel, ${opClass}${type}`, rampFlops, 'flop'),
  ]);
}

function assumption(id: string, what: string, quantity: Quantity, dimension: Dimension): Assumption {
  const { value, evidence, source } = quantity;
  return { what: `${id}: ${what}`, value: formatQuantity(value, dimension), evidence, source };
}
