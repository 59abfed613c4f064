import { formatPrice, formatWatts } from '../base/units.ts';
import { devicePower } from '../devices/power.ts';
import { findDevice, findNode } from './catalog.ts';
import { economyOf, POWER_BASIS } from './economy.ts';
import type { ServerChoice } from './inference-schema.ts';
import type { Economy } from './results.ts';

/**
 * What a server costs and draws while it serves so many samples per second, its devices as busy as that makes them; null where
 * it can serve none. A batch is a step.
 */
export function serverEconomy(
  { device, node: nodeId }: ServerChoice,
  {
    batch,
    busy,
    samplesPerSecond,
  }: { readonly batch: number; readonly busy: number; readonly samplesPerSecond: number },
): Economy | null {
  if (samplesPerSecond === 0) return null;
  const machine = device === undefined ? findNode(nodeId!) : findDevice(device);
  const price = 'dollarsPerHour' in machine ? machine.dollarsPerHour : undefined;
  const power = machine.powerWatts;
  return economyOf(
    { stepSeconds: batch / samplesPerSecond, samplesPerSecond },
    price === undefined
      ? { value: null, basis: [`price: not known of ${machine.id}`] }
      : {
          value: price.value,
          basis: [`price: ${formatPrice(price.value)} (${machine.id}: ${price.source})`],
        },
    power === undefined
      ? { value: null, basis: [`power: not known of ${machine.id}`] }
      : {
          value: devicePower(power.value, busy),
          basis: [`${POWER_BASIS}; ${machine.id}: at most ${formatWatts(power.value)} (${power.source})`],
        },
  );
}
