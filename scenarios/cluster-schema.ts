import * as z from 'zod';
import { PEERS } from '../devices/inside/peers.ts';
import { DEVICES, LINKS, NODES } from './catalog.ts';
import { composed, type NetworkChoice, networkOfNode, topologyOfNode } from './chosen-node.ts';
import { count, map, name, quantity } from './fields.ts';
import { sha256 } from './file-fields.ts';
import { networkMap, wrongLink } from './link-schema.ts';
import { type TopologyChoice, topology, topologyConflicts } from './topology-schema.ts';

/* The hosts of a scenario and what joins them, as users write them. */

const MOST_HOSTS = 10_000;

const ids = (list: readonly { readonly id: string }[]) => list.map((entry) => entry.id);
const kindOf = (id: string) => DEVICES.find((device) => device.id === id)?.kind;
const cpu = () => name('CPU', ids(DEVICES.filter((device) => device.kind === 'CPU')));
const accelerator = () => name('accelerator', ids(DEVICES.filter((device) => device.kind !== 'CPU')));
const link = () => name('link', ids(LINKS));
const price = (what: string) => quantity('dollars/h', '0 $/h', '1e6 $/h').optional().describe(what);

const workerHosts = map({
  count: count(1, MOST_HOSTS)
    .default(1)
    .describe(
      'Worker hosts of placement experiments; training experiments list their own numbers of workers.',
    ),
  node: name('node', ids(NODES))
    .optional()
    .describe(
      'A whole machine of the catalog (`stepcast devices --nodes` lists them): gives all keys beside it, and `cluster.network` and `cluster.topology`, that are not written.',
    ),
  cpu: cpu().optional().describe('CPU of each worker host. Needed where there is no `node`.'),
  cpus: count(1, 128)
    .optional()
    .describe('Sockets of each worker host with such a CPU; they work as one. 1 if absent.'),
  accelerator: accelerator()
    .optional()
    .describe('Accelerator of the workers; without one they compute on the CPU.'),
  profile: z
    .string()
    .min(1)
    .max(4096)
    .optional()
    .describe(
      'A file of op times that were measured on such an accelerator, or such a CPU where there is no accelerator (`stepcast calibrate`, devices/profile_torch.py): for the ops that it holds it wins over the catalog.',
    ),
  profile_sha256: sha256(),
  accelerators: count(1, 128)
    .optional()
    .describe(
      'Accelerators per host, each a worker of training; workers fill one host after the other. 1 where there is an accelerator.',
    ),
  more_accelerators: z
    .array(accelerator())
    .min(1)
    .max(128)
    .optional()
    .describe('Further accelerators of each host, of other models: of placement experiments only.'),
  accelerator_memory: quantity('bytes', '1 MB', '10 TB')
    .optional()
    .describe('So much of the memory of each accelerator may be used, e.g. "6 GB". All if absent.'),
  price: price(
    'Of renting one worker host, with all that is in it, e.g. "3.06 $/h". That of the `node`, where it has one, if absent.',
  ),
  bus: link().optional().describe('Link between a host and each of its accelerators. pcie3-x16 if absent.'),
  peer_link: link().optional().describe('Link between the accelerators of one host, e.g. an NVLink.'),
  peers: z
    .enum(PEERS)
    .optional()
    .describe(
      'With `peer_link`: one from each accelerator to each other (mesh, if absent), one from each to a switch (NVSwitch), or the links of a DGX-1, divided among peers.',
    ),
  pcie: map({
    accelerators_per_switch: count(1, 64).describe(
      'Accelerators below each PCIe switch; they share its bus upwards.',
    ),
    switches_per_socket: count(1, 64).optional().describe('PCIe switches on each socket. All if absent.'),
    socket_link: link().optional().describe('Link between sockets, e.g. qpi. The bus if absent.'),
  })
    .optional()
    .describe(
      'PCIe switches and sockets between the accelerators and their host. If absent, each has a bus of its own.',
    ),
})
  .transform(composed)
  .superRefine((workers, context) => {
    const complain = (key: string, message: string) =>
      context.addIssue({ code: 'custom', message, path: [key], input: workers });
    if (workers.cpu === undefined) complain('cpu', 'missing');
    if (workers.accelerator === undefined) {
      if (workers.more_accelerators !== undefined)
        complain('more_accelerators', 'beside which? set cluster.workers.accelerator too, e.g. k40');
      if (workers.accelerators !== undefined)
        complain('accelerators', 'of which model? set cluster.workers.accelerator too, e.g. k40');
      if (workers.pcie !== undefined)
        complain('pcie', 'it leads to accelerators; set cluster.workers.accelerator too, e.g. k40');
    }
    if (workers.peers !== undefined && workers.peer_link === undefined)
      complain('peers', 'by which link? set cluster.workers.peer_link too, e.g. nvlink2');
    const { accelerator, more_accelerators: more = [] } = workers;
    if (workers.peers === 'hybrid-cube-mesh') {
      if (workers.accelerators !== 8)
        complain('peers', 'a hybrid cube mesh joins 8 accelerators; set cluster.workers.accelerators to 8');
      else if (more.length > 0)
        complain('more_accelerators', 'a hybrid cube mesh joins 8 accelerators, and has no place for more');
    }
    if (accelerator !== undefined && more.some((id) => kindOf(id) !== kindOf(accelerator)))
      complain(
        'more_accelerators',
        `accelerators of a host are of one kind; ${accelerator} is a ${kindOf(accelerator)}`,
      );
  })
  .transform((workers) => ({
    ...workers,
    cpu: workers.cpu!,
    accelerators:
      workers.accelerator === undefined
        ? 0
        : (workers.accelerators ?? 1) + (workers.more_accelerators?.length ?? 0),
  }));

/** The `cluster` section of scenarios; claims have it too, as their hardware. */
export const clusterSchema = map({
  workers: workerHosts.describe('The hosts that compute.'),
  parameter_servers: map({
    count: count(0, 1000).describe('Training by parameter servers needs at least 1.'),
    cpu: cpu().describe('CPU of each parameter server.'),
    price: price('Of renting one parameter server, e.g. "1.20 $/h". Unknown if absent.'),
  })
    .optional()
    .describe('The hosts that hold the parameters while workers train.'),
  network: networkMap()
    .optional()
    .describe(
      'Link of each host to the switch that joins all, or to what `topology` says. That of the node if absent.',
    ),
  topology: topology
    .superRefine((choice, context) => {
      for (const { key, message } of topologyConflicts(choice))
        context.addIssue({ code: 'custom', message, path: [key], input: choice });
    })
    .optional()
    .describe('What joins the hosts. That of the node, or else one switch, if absent.'),
})
  .transform((choice) => ({
    ...choice,
    network: networkOfNode(choice.network, choice.workers),
    topology: choice.topology ?? topologyOfNode(choice.workers.node),
  }))
  .superRefine((choice, context) => {
    if (context.issues.length > 0) return;
    const [key, message] = wrongNetwork(choice) ?? [];
    if (key === undefined) return;
    context.addIssue({ code: 'custom', message: message!, path: ['network', ...key], input: choice });
  })
  .transform(({ topology, ...choice }) => ({
    ...choice,
    network: choice.network!,
    ...(topology !== undefined && { topology }),
  }));

const DIRECT: readonly (string | undefined)[] = ['ring', 'torus', 'fully-connected'];

interface NetworkPlace {
  readonly workers: { readonly accelerators: number };
  readonly network?: NetworkChoice | undefined;
  readonly topology?: TopologyChoice | undefined;
}

/** Which key of the network is wrong, and why, once it is known what a node gives. */
function wrongNetwork({
  network,
  topology,
  workers,
}: NetworkPlace): [key: string[], message: string] | undefined {
  if (network === undefined) return [[], 'missing; expected a map of keys'];
  const [key, message] = wrongLink(network) ?? [];
  if (key !== undefined) return [[key], message!];
  if (network.count === undefined || network.count === 1) return undefined;
  if (network.count > Math.max(1, workers.accelerators)) {
    const most = `there are ${workers.accelerators} accelerators per host, and each has at most one adapter`;
    return [['count'], `${most}; give one link as fast as several`];
  }
  if (topology?.kind === 'custom') return [['count'], 'a custom topology lists all links; leave this out'];
  if (DIRECT.includes(topology?.kind) && (topology as { of?: string }).of !== 'accelerators')
    return [['count'], `hosts of a ${topology!.kind} have one link to each neighbour; leave this out`];
  return undefined;
}
