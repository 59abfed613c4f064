import {
  formatCount,
  formatFlopRate,
  formatHertz,
  formatMemory,
  formatPercent,
  formatPrice,
  formatRate,
  formatSeconds,
  formatWatts,
} from '../base/units.ts';
import type { DeviceModel, Evidence, KernelModel, LinkModel, Quantity } from './device.ts';
import type { Fit } from './fit.ts';
import { KERNEL_PARAMETERS, type KernelParameters } from './kernels/parameters.ts';
import type { NodeModel } from './node.ts';
import type { StackModel } from './stack.ts';

/** A number that a prediction rests on, for people: `k40: memory bandwidth`, `288 GB/s`, and where it is from. */
export interface CatalogFact {
  readonly what: string;
  /** With its unit. */
  readonly value: string;
  readonly evidence: Evidence;
  readonly source: string;
  /**
   * What it decides besides times: whether memory suffices, what a run costs and draws, or nothing (it is for the record).
   * Times unless given.
   */
  readonly decides?: 'memory' | 'economy' | 'nothing';
}

const row = (
  what: string,
  { value, evidence, source }: Quantity,
  format: (v: number) => string,
  decides?: CatalogFact['decides'],
): CatalogFact => ({
  what,
  value: format(value),
  evidence,
  source,
  ...(decides !== undefined && { decides }),
});

const FORMATS = { ratio: formatPercent, seconds: formatSeconds, count: formatCount } as const;

/**
 * Every number of a device model, or those of these types of arithmetic and of what is of no type; `default` among them
 * stands for kernels of types that have none of their own.
 */
export function deviceFacts(device: DeviceModel, types?: ReadonlySet<string>): CatalogFact[] {
  const facts: CatalogFact[] = [];
  const isAsked = (type: string): boolean => types === undefined || types.has(type);
  const add = (
    what: string,
    quantity: Quantity,
    format: (v: number) => string,
    decides?: CatalogFact['decides'],
  ): void => {
    facts.push(row(`${device.id}: ${what}`, quantity, format, decides));
  };
  const addKernels = (type: string, { parameters, from, own }: KernelModel): void => {
    for (const name of Object.keys(KERNEL_PARAMETERS) as (keyof KernelParameters)[]) {
      const { what, dimension, neutral } = KERNEL_PARAMETERS[name];
      const origin = own[name] ?? (parameters[name] === neutral ? undefined : from);
      if (origin === undefined) continue;
      const { evidence, source } = origin;
      const value = FORMATS[dimension](parameters[name]);
      facts.push({ what: `${device.id}: ${type}${what}`, value, evidence, source });
    }
  };

  for (const [type, peak] of Object.entries(device.peak))
    if (isAsked(type)) add(`peak ${type}`, peak, formatFlopRate);
  for (const [from, { type, evidence, source }] of Object.entries(device.multiplyType ?? {})) {
    if (!isAsked(from)) continue;
    facts.push({ what: `${device.id}: products of ${from} are computed in`, value: type, evidence, source });
  }
  add('memory', device.memoryBytes, formatMemory, 'memory');
  add('memory bandwidth', device.memoryBytesPerSecond, formatRate);
  add('share of the bandwidth that streaming kernels reach', device.streamShare, formatPercent);
  if (device.vectorOpsPerSecond !== undefined)
    add('element-wise arithmetic', device.vectorOpsPerSecond, formatFlopRate);
  add('launch of one kernel', device.launchSeconds, formatSeconds);
  if (device.powerWatts !== undefined) add('power', device.powerWatts, formatWatts, 'economy');
  if (device.multiprocessors !== undefined) add('multiprocessors', device.multiprocessors, formatCount);
  if (device.cores !== undefined) add('cores', device.cores, formatCount);
  if (device.dispatchSeconds !== undefined)
    add('dispatch of one op to an accelerator', device.dispatchSeconds, formatSeconds);
  if (device.copyEngines !== undefined) add('copy engines', device.copyEngines, formatCount);
  if (device.memoryOverhead !== undefined) {
    const { reservedBytes, fragmentation } = device.memoryOverhead;
    add('memory that is not for tensors', reservedBytes, formatMemory, 'memory');
    add('memory taken per byte of tensors', fragmentation, (factor) => factor.toFixed(2), 'memory');
  }
  if (device.fusesElementwise !== undefined) {
    facts.push({
      what: `${device.id}: element-wise ops`,
      value: 'one pass over memory where they follow one another',
      ...device.fusesElementwise,
    });
  }
  for (const [type, model] of Object.entries(device.kernels))
    if (isAsked(type)) addKernels(type === 'default' ? '' : `in ${type}, `, model);
  if (device.systolic !== undefined) {
    const { rows, columns, count, clockHertz, buffer } = device.systolic;
    add('rows of a systolic array', rows, formatCount);
    add('columns of a systolic array', columns, formatCount);
    add('systolic arrays', count, formatCount);
    add('clock of the systolic arrays', clockHertz, formatHertz);
    if (buffer !== undefined) {
      add('on-chip buffer', buffer.bytes, formatMemory);
      add('bandwidth of the on-chip buffer', buffer.bytesPerSecond, formatRate);
      add('rows of accumulators', buffer.accumulatorRows, formatCount);
    }
  }
  return facts;
}

/** Every number of a link model. */
export function linkFacts(link: LinkModel): CatalogFact[] {
  const facts = [
    row(`${link.id}: bandwidth for large messages`, link.bytesPerSecond, formatRate),
    row(`${link.id}: nominal bandwidth`, link.rawBytesPerSecond, formatRate, 'nothing'),
    row(`${link.id}: latency`, link.latencySeconds, formatSeconds),
  ];
  if (link.messageSeconds !== undefined)
    facts.push(row(`${link.id}: time per message besides its bytes`, link.messageSeconds, formatSeconds));
  if (link.inSwitchShare !== undefined)
    facts.push(
      row(`${link.id}: share of it for reductions in the switch`, link.inSwitchShare, formatPercent),
    );
  return facts;
}

/** What a node is made of, all from one source, and its own figures. */
export function nodeFacts(node: NodeModel): CatalogFact[] {
  const { id, evidence, source, accelerators, network, slice } = node;
  const made = (what: string, value: string): CatalogFact => ({
    what: `${id}: ${what}`,
    value,
    evidence,
    source,
  });
  const facts = [made('CPU', times(node.cpus, node.cpu))];
  if (accelerators !== undefined) {
    const { model, count, bus, pcie, peerLink, peers = 'mesh' } = accelerators;
    facts.push(made('accelerators', times(count, model)), made('bus to the host', bus));
    if (pcie !== undefined) {
      const { acceleratorsPerSwitch: each, switchesPerSocket, socketLink } = pcie;
      const sockets = switchesPerSocket === undefined ? '' : `, ${switchesPerSocket} a socket`;
      const between = socketLink === undefined ? '' : `, ${socketLink}`;
      facts.push(made('PCIe switches', `of ${each}${sockets}${between}`));
    }
    if (peerLink !== undefined) facts.push(made('links between accelerators', `${peerLink}, ${peers}`));
  }
  if (network !== undefined) facts.push(made('network', times(network.count, network.link)));
  if (slice !== undefined) {
    const pod = `up to ${slice.pod.join(' × ')}`;
    facts.push(made('slices', `${slice.link}, ${pod}, rings from ${slice.wrapFrom}`));
  }
  if (node.powerWatts !== undefined) facts.push(row(`${id}: power`, node.powerWatts, formatWatts, 'economy'));
  if (node.dollarsPerHour !== undefined)
    facts.push(row(`${id}: price`, node.dollarsPerHour, formatPrice, 'economy'));
  return facts;
}

const times = (count: number, id: string): string => (count === 1 ? id : `${count} × ${id}`);

/** Every number of a software stack that steps of a scenario rest on. */
export function stackFacts(stack: StackModel): CatalogFact[] {
  return [row(`${stack.id}: dispatch of one op`, stack.dispatchSeconds, formatSeconds)];
}

/** How well a fit of the catalog is known: of how many measurements, and how far it is from them. */
export function fitFact({ what, method, on, residuals }: Fit): CatalogFact {
  const { points, meanAbsolutePercent } = residuals;
  return {
    what,
    value: `${formatCount(points)} measurements, ${meanAbsolutePercent.toFixed(1)} % off on average`,
    evidence: 'measured',
    source: `Fitted to ${[...new Set(on.map(({ data }) => data))].join(', ')}: ${method}`,
  };
}
