import { invariant } from '../../base/errors.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type NodeHandle, type Value } from '../../graph/builder.ts';
import { fuseElementwise } from '../../graph/fuse.ts';
import type { Graph } from '../../graph/graph.ts';
import type { VariableAttrs } from '../../graph/ops/state.ts';
import { type PartitionedGraph, partition } from '../../graph/partition.ts';
import type { Loop } from '../../graph/plan.ts';
import { withoutDeadNodes } from '../../graph/prune.ts';
import { SplitVariables } from '../../graph/split-variables.ts';
import type { serverOptions } from './server-options.ts';
import type { StrategyInput } from './strategy.ts';
import { taskOf, variableHomes } from './variable-homes.ts';

/** Devices of a worker's template: its host's CPU, where its inputs come from; its own; and one per parameter server. */
export const WORKER_CPU = '/job:worker/device:CPU:0';

/** Where workers compute: their CPU, or the device whose role is named after that of the first. */
export function computeRole({ workerDevices }: StrategyInput): string {
  const kind = /device:([^:]+)/.exec(workerDevices[0]!.compute)![1]!;
  return `/job:worker/device:${kind}:0`;
}

/** Where the inputs of a step are when it starts. */
export function inputRole(input: StrategyInput): string {
  return input.prefetched === true ? computeRole(input) : WORKER_CPU;
}

export const parameterServer = (task: number): string => `/job:ps/task:${task}/device:CPU:0`;

/** A parameter as the strategies see it: its attributes, its home, and its gradient on the worker. */
export interface Parameter {
  readonly name: string;
  readonly attrs: VariableAttrs;
  readonly device: string;
  readonly value: Value;
  readonly gradient: Value;
}

/**
 * Authors one worker's step: requests for the variables, reads of them on their parameter servers (see variableHomes),
 * forward and backward on the worker, and what `deliver` adds to hand the gradients over. What the model puts beside a
 * variable, such as a lookup of rows, runs on its server. Each variable travels when it is asked for, each gradient when
 * it is there: neither waits for the others.
 */
export function workerTemplate(
  input: StrategyInput<typeof serverOptions>,
  build: {
    /** The node on the worker's CPU with which its step starts: it asks the servers for the parameters. */
    readonly start: (builder: GraphBuilder) => NodeHandle;
    /** Adds the node that hands a parameter's gradient over. */
    readonly deliver: (builder: GraphBuilder, parameter: Parameter) => NodeHandle;
    /** Adds what follows once all gradients are handed over. */
    readonly end?: (builder: GraphBuilder, delivered: readonly NodeHandle[]) => void;
  },
): { template: PartitionedGraph; parameters: readonly Parameter[] } {
  const builder = new GraphBuilder();
  const worker = computeRole(input);
  const start = builder.onDevice(WORKER_CPU, () => build.start(builder));
  const { loss, parameters } = withHomes(input, builder, start);
  const slopes = builder.onDevice(worker, () => gradients(builder, loss, parameters));
  const delivered = parameters.map((value, i): Parameter => {
    const { name, attrs } = value.node;
    const device = builder.authored.getNodeAttribute(name, 'device');
    return { name, attrs: attrs as unknown as VariableAttrs, device, value, gradient: slopes[i]! };
  });
  const handedOver = delivered.map((parameter) =>
    builder.onDevice(parameter.device, () => build.deliver(builder, parameter)),
  );
  build.end?.(builder, handedOver);
  const servers = Array.from({ length: input.parameterServers }, (_, task) => parameterServer(task));
  const devices = [...new Set([WORKER_CPU, worker]), ...servers];
  const fuses = (role: string): boolean => input.workerFuses === true && role === worker;
  return { template: cutByHints(withoutDeadNodes(builder.finish()), devices, fuses), parameters: delivered };
}

/** Authors the forward graph of one replica, with variables, or parts of them, at their homes. */
function withHomes(
  input: StrategyInput<typeof serverOptions>,
  builder: GraphBuilder,
  start: NodeHandle,
): { readonly loss: Value; readonly parameters: readonly Value[] } {
  const model = new GraphBuilder();
  const { offload } = input.options;
  const { loss, parameters } = input.replica(model, offload ? { servers: input.parameterServers } : {});
  const homes = variableHomes(model, parameters, input.parameterServers, input.options);
  const worker = computeRole(input);
  const inputs = inputRole(input);
  const split = new SplitVariables(model, builder, {
    rowsOf: (variable) => homes.get(variable)!.map(({ rows }) => rows),
    homeOf: (variable, part) => parameterServer(homes.get(variable)![part]!.task),
    deviceOf: ({ name, op }) => {
      const task = taskOf(model.authored.getNodeAttribute(name, 'device'));
      if (task !== undefined) return parameterServer(task);
      return op.name === 'Placeholder' ? inputs : worker;
    },
    before: [start],
  });
  return {
    loss: split.copyOf(loss),
    parameters: parameters.flatMap((parameter) => split.partsOf(parameter)),
  };
}

/** The loop of worker `replica`: the template's worker devices are its own, the servers are shared. */
export function workerLoop(
  input: StrategyInput,
  template: PartitionedGraph,
  replica: number,
  { countsUpdates, coordinates }: Pick<Loop, 'countsUpdates' | 'coordinates'>,
): Loop {
  return {
    name: `worker/${replica}`,
    replica,
    coordinates,
    template,
    device: Int32Array.from(template.devices, (role) =>
      deviceIndex(input, deviceInRole(input, replica, role)),
    ),
    ownDevice: Uint8Array.from(template.devices, (role) => (role.startsWith('/job:worker/') ? 1 : 0)),
    countsUpdates,
  };
}

function deviceInRole(input: StrategyInput, replica: number, role: string): string {
  const { compute, cpu } = input.workerDevices[replica]!;
  if (role === computeRole(input)) return compute;
  return role === WORKER_CPU ? cpu : role;
}

export function deviceIndex(input: Pick<StrategyInput, 'cluster'>, name: string): number {
  const index = input.cluster.indexOf(name);
  invariant(index >= 0, `the cluster has no device ${name}`);
  return index;
}

/**
 * Cuts a graph in which every node names its device exactly, by itself or through what it is colocated with. Element-wise
 * ops are merged on devices that fuse.
 */
export function cutByHints(
  graph: Graph,
  devices: readonly string[],
  fuses: (device: string) => boolean = () => false,
): PartitionedGraph {
  const deviceOf = Int32Array.from({ length: graph.nodeCount }, (_, node) => {
    const hint = graph.deviceHint[graph.colocation[node]!]!;
    const index = devices.indexOf(hint);
    invariant(
      index >= 0,
      `${graph.name[node]} asks for ${hint || 'no device'}; the template has ${devices.join(', ')}`,
    );
    return index;
  });
  const fused = fuseElementwise(graph, { deviceOf, fuses: (device) => fuses(devices[device]!) });
  return partition(
    fused.graph,
    devices,
    fused.nodes.map((node) => deviceOf[node]!),
  );
}
