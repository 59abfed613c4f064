import { formatPercent, formatPrice, formatWatts } from '../base/units.ts';
import type { Cluster } from '../devices/cluster.ts';
import { BUSY, devicePower, type Power, totalPower, WAITING } from '../devices/power.ts';
import { findDevice } from './catalog.ts';
import { intactNode, serverPrice, workerPrice } from './prices.ts';
import type { Economy } from './results.ts';
import type { Scenario } from './schema.ts';

type ClusterChoice = Scenario['cluster'];

/** What is paid for and draws power, and what it does meanwhile. */
export interface Usage {
  readonly cluster: Cluster;
  /** Devices that are there, by index; hosts of others are not rented. */
  readonly devices: readonly number[];
  /** Per device of the cluster: the share of all time in which it computes. */
  readonly busy: ArrayLike<number>;
  readonly stepSeconds: number;
  readonly samplesPerSecond: number;
}

/** What a run on a scenario's cluster costs and draws. */
export function clusterEconomy(choice: ClusterChoice, usage: Usage): Economy {
  const price = priceOf(choice, hostsOf(usage));
  const power = powerOf(choice, usage);
  return economyOf(usage, price, power);
}

/** A figure, or why there is none; and what it rests on. */
export interface Known<T> {
  readonly value: T | null;
  readonly basis: readonly string[];
}

/** All figures of a run that goes so fast, at this price and power. */
export function economyOf(
  { stepSeconds, samplesPerSecond }: Pick<Usage, 'stepSeconds' | 'samplesPerSecond'>,
  price: Known<number>,
  power: Known<Power>,
): Economy {
  const perStep = (perSecond: number | undefined): number | null =>
    perSecond === undefined || stepSeconds === 0 ? null : perSecond * stepSeconds;
  const perMillion = (perSecond: number | undefined): number | null =>
    perSecond === undefined || samplesPerSecond === 0 ? null : (perSecond / samplesPerSecond) * 1e6;
  const dollars = price.value === null ? undefined : price.value / SECONDS_PER_HOUR;
  const watts = power.value?.expected;
  return {
    dollarsPerHour: price.value,
    dollarsPerStep: perStep(dollars),
    dollarsPerMillionSamples: perMillion(dollars),
    watts: watts ?? null,
    wattsRange: power.value === null ? null : { least: power.value.least, most: power.value.most },
    joulesPerStep: perStep(watts),
    kilowattHoursPerMillionSamples: perMillion(watts === undefined ? undefined : watts / JOULES_PER_KWH),
    basis: [...price.basis, ...power.basis],
  };
}

const SECONDS_PER_HOUR = 3600;
const JOULES_PER_KWH = 3.6e6;

/** What the model of power assumes, as a clause. */
export const POWER_BASIS = `power: ${formatPercent(WAITING.mean)} of the rated power while a device waits, ${formatPercent(BUSY.mean)} while it computes (means of what was measured; at least ${formatPercent(WAITING.least)} and ${formatPercent(BUSY.least)}, at most the rated power at all times)`;

/** Whole hosts are paid for. */
function priceOf(choice: ClusterChoice, hosts: ReadonlySet<string>): Known<number> {
  const jobs = [
    { job: 'worker', words: 'worker host', price: workerPrice(choice), key: 'cluster.workers.price' },
    {
      job: 'ps',
      words: 'parameter server',
      price: serverPrice(choice),
      key: 'cluster.parameter_servers.price',
    },
  ].map((row) => ({ ...row, count: [...hosts].filter((host) => jobOf(host) === row.job).length }));
  const needed = jobs.filter(({ count }) => count > 0);
  const unknown = needed.filter(({ price }) => price === undefined);
  if (unknown.length > 0) {
    const keys = unknown.map(({ key }) => `${key}, e.g. "1.20 $/h"`).join(', and ');
    return { value: null, basis: [`price: not known; to have costs, set ${keys}`] };
  }
  return {
    value: needed.reduce((sum, { count, price }) => sum + count * price!.dollarsPerHour, 0),
    basis: needed.map(
      ({ count, words, price }) =>
        `price: ${count} ${words}${count === 1 ? '' : 's'} at ${formatPrice(price!.dollarsPerHour)} (${price!.source})`,
    ),
  };
}

/** Devices by what they do; what else is in a machine of a known power draws at all times as devices that compute do. */
function powerOf(choice: ClusterChoice, { cluster, devices, busy }: Usage): Known<Power> {
  const silent = devices.find((d) => cluster.devices[d]!.model.powerWatts === undefined);
  if (silent !== undefined) {
    const { name } = cluster.devices[silent]!.model;
    return { value: null, basis: [`power: nobody publishes what a ${name} draws`] };
  }
  const rated = (d: number): number => cluster.devices[d]!.model.powerWatts!.value;
  const powers = devices.map((d) => devicePower(rated(d), busy[d]!));
  const node = intactNode(choice);
  if (node?.powerWatts === undefined) {
    const basis = `${POWER_BASIS}; of processors only: fans, disks, memory and adapters of the hosts are left out`;
    return { value: totalPower(powers), basis: [basis] };
  }
  const { model, count } = node.accelerators ?? { model: node.cpu, count: 0 };
  const each = findDevice(model).powerWatts?.value ?? 0;
  const processors = count * each + node.cpus * (findDevice(node.cpu).powerWatts?.value ?? 0);
  const hosts = [...hostsOf({ cluster, devices })].filter((host) => jobOf(host) === 'worker');
  const present = devices.filter((d) => cluster.devices[d]!.model.kind !== 'CPU').length;
  for (let i = present; i < count * hosts.length; i++) powers.push(devicePower(each, 0));
  for (const _ of hosts) powers.push(devicePower(Math.max(0, node.powerWatts.value - processors), 1));
  const basis = `${POWER_BASIS}; a worker host has at most ${formatWatts(node.powerWatts.value)} (${node.powerWatts.source})`;
  return { value: totalPower(powers), basis: [basis] };
}

const hostsOf = ({ cluster, devices }: Pick<Usage, 'cluster' | 'devices'>): ReadonlySet<string> =>
  new Set(devices.map((d) => cluster.devices[d]!.host));

/** Job of a host: `worker` of `worker/3`. */
const jobOf = (host: string): string => host.slice(0, host.lastIndexOf('/'));
