import { parseQuantity } from '../base/units.ts';
import type { NodeModel } from '../devices/node.ts';
import { findNode } from './catalog.ts';
import type { Scenario } from './schema.ts';

type ClusterChoice = Scenario['cluster'];

/** What a host costs, in dollars per hour, and who says so. */
export interface HostPrice {
  readonly dollarsPerHour: number;
  readonly source: string;
}

/** The price of one worker host: what the scenario says, or the list price of its node; undefined where neither has one. */
export function workerPrice({ workers }: ClusterChoice): HostPrice | undefined {
  if (workers.price !== undefined) return ofScenario(workers.price);
  const node = intactNode({ workers });
  const price = node?.dollarsPerHour;
  return price === undefined
    ? undefined
    : { dollarsPerHour: price.value, source: `${node!.id}: ${price.source}` };
}

/** The price of one parameter server; undefined where the scenario says none. */
export function serverPrice({ parameter_servers: servers }: ClusterChoice): HostPrice | undefined {
  return servers?.price === undefined ? undefined : ofScenario(servers.price);
}

/**
 * The node that worker hosts are; undefined where the scenario has exchanged its processors, or has more of them: it is not
 * that machine any more, and neither its price nor its power.
 */
export function intactNode({ workers }: Pick<ClusterChoice, 'workers'>): NodeModel | undefined {
  if (workers.node === undefined) return undefined;
  const node = findNode(workers.node);
  const { accelerator, accelerators, cpu, cpus = 1, more_accelerators: more } = workers;
  const isSame =
    cpu === node.cpu &&
    cpus === node.cpus &&
    accelerator === node.accelerators?.model &&
    accelerators <= (node.accelerators?.count ?? 0) &&
    more === undefined;
  return isSame ? node : undefined;
}

const ofScenario = (price: string): HostPrice => ({
  dollarsPerHour: parseQuantity(price, 'dollars/h'),
  source: 'the scenario',
});
