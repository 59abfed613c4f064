import * as z from 'zod';
import { parseQuantity } from '../base/units.ts';
import type { Work } from '../base/work.ts';
import { CATALOG as MODELS } from '../devices/catalog/catalog.ts';
import { stackIds } from '../devices/catalog/stacks.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { DeviceModel } from '../devices/device.ts';
import { libraryKernels } from '../graph/library-kernels.ts';
import type { PartitionedGraph } from '../graph/partition.ts';
import type { CompileOptions } from '../sim/compile.ts';
import type { SimulationOptions } from '../sim/simulation.ts';
import { count, map, name, quantity } from './fields.ts';

const NETWORK_MODELS = ['fluid', 'store-and-forward'] as const;
const READY_POLICIES = ['fifo', 'critical-path'] as const;
const CATALOG = 'catalog';
const FUSION = [CATALOG, 'all', 'none'] as const;

/** How the runtime executes a graph on the machines: part of the scenario file. */
export const runtimeSchema = map({
  stack: name('software stack', stackIds)
    .optional()
    .describe(
      'Software that runs the graph, of the catalog: its time to dispatch an op, and which ops it merges into one kernel. If absent, the dispatch of the CPU, and every op a kernel.',
    ),
  network: z
    .enum(NETWORK_MODELS)
    .default('fluid')
    .describe(
      'How messages share links: "fluid" gives each its max-min fair share; "store-and-forward" serves one after the other.',
    ),
  ready_policy: z
    .enum(READY_POLICIES)
    .default('fifo')
    .describe(
      'Which ready op a device takes first: the one that came first, or the one with the longest way to go.',
    ),
  ops_at_a_time: map({
    cpu: count(1, 1024)
      .default(1)
      .describe('Inter-op parallelism: ops that compute at the same time share the cores evenly.'),
    accelerator: count(1, 128)
      .default(1)
      .describe('Compute streams: ops that compute at the same time share the device evenly.'),
  })
    .prefault({})
    .describe('Ops that a device computes at a time.'),
  dispatch: z
    .union([z.literal(CATALOG), quantity('seconds', '0 s', '1 s')])
    .default(CATALOG)
    .describe(
      'Time of the host to dispatch one op to an accelerator, e.g. "10 us"; "catalog": what the entry of the stack says, or else that of its CPU.',
    ),
  fusion: z
    .enum(FUSION)
    .default(CATALOG)
    .describe(
      'Whether element-wise ops that follow one another are one pass over memory: "catalog": on devices whose entry says that their compiler does it; "all" or "none": on all devices or on none.',
    ),
  copy_engines: z
    .union([z.literal(CATALOG), count(0, 16)])
    .default(CATALOG)
    .describe('DMA engines of each accelerator; 1 serves both directions, 0: not modelled.'),
});

export type Runtime = z.output<typeof runtimeSchema>;

/** Ops at a time per device of a cluster, and what the stack's kernels ask of them. */
export function compileOptions(runtime: Runtime, cluster: Cluster): CompileOptions {
  const { cpu, accelerator } = runtime.ops_at_a_time;
  return {
    ...((cpu > 1 || accelerator > 1) && {
      opsAtATime: Int32Array.from(cluster.devices, ({ model }) => (model.kind === 'CPU' ? cpu : accelerator)),
    }),
    ...(mergesKernels(runtime) && { workOf: mergedKernels }),
  };
}

/** Whether the stack makes one kernel of several ops (see libraryKernels). */
export function mergesKernels({ stack }: Runtime): boolean {
  return stack !== undefined && MODELS.stack(stack).fusesElementwise;
}

/** Ops of forward, or of backward and what follows, of one device are merged with each other. */
function mergedKernels({ graph, device }: PartitionedGraph): readonly Work[] {
  const groupOf = graph.name.map((node, id) => 2 * device[id]! + (node.startsWith('gradients/') ? 1 : 0));
  return libraryKernels(graph, { groupOf });
}

/** Whether a device runs element-wise ops that follow one another in one pass. */
export function fuses({ fusion }: Runtime, model: DeviceModel): boolean {
  return fusion === CATALOG ? model.fusesElementwise !== undefined : fusion === 'all';
}

type MachineOptions = Pick<SimulationOptions, 'network' | 'readyPolicy' | 'dispatchSeconds' | 'copyEngines'>;

/** Network model, ready policy, dispatch (its times multiplied by a factor) and copy engines of a cluster's devices. */
export function machineOptions(
  { network, ready_policy, dispatch, copy_engines, stack }: Runtime,
  cluster: Cluster,
  dispatchFactor = 1,
): MachineOptions {
  const cpuOf = new Map(
    cluster.devices.flatMap(({ host, model }) => (model.kind === 'CPU' ? [[host, model] as const] : [])),
  );
  return {
    network,
    readyPolicy: ready_policy,
    dispatchSeconds: Float64Array.from(cluster.devices, ({ host, model }) => {
      if (model.kind === 'CPU') return 0;
      // A TPU is handed whole programs.
      const ofStack = stack === undefined ? undefined : MODELS.stack(stack).dispatchSeconds.value;
      const ofHost = model.kind === 'TPU' ? 0 : (ofStack ?? cpuOf.get(host)?.dispatchSeconds?.value ?? 0);
      const seconds = dispatch === CATALOG ? ofHost : parseQuantity(dispatch, 'seconds');
      return dispatchFactor * seconds;
    }),
    copyEngines: Int32Array.from(cluster.devices, ({ model }) => {
      if (model.kind === 'CPU') return 0;
      return copy_engines === CATALOG ? (model.copyEngines?.value ?? 0) : copy_engines;
    }),
  };
}
