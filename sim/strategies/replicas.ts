import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type NodeHandle } from '../../graph/builder.ts';
import type { Graph } from '../../graph/graph.ts';
import type { ParameterGradient } from '../../graph/optimizers/optimizer.ts';
import type { PartitionedGraph } from '../../graph/partition.ts';
import type { Plan } from '../../graph/plan.ts';
import { withoutDeadNodes } from '../../graph/prune.ts';
import {
  computeRole,
  cutByHints,
  deviceIndex,
  inputRole,
  WORKER_CPU,
  workerLoop,
} from './parameter-servers.ts';
import type { StrategyInput } from './strategy.ts';

/** The group of all workers, by the numbers of which their ranks go. */
export const WORKERS = 'workers';

/** A replica's step as authored: all on the worker's device, but inputs, which come from its host. */
export interface ReplicaStep {
  readonly builder: GraphBuilder;
  /** Nodes of the forward graph; those of backward follow. */
  readonly forwardNodes: number;
  /** In the order of the layers. */
  readonly gradients: readonly ParameterGradient[];
}

/** Authors forward and backward of a worker that has copies of all variables. */
export function replicaStep(input: StrategyInput): ReplicaStep {
  const builder = new GraphBuilder();
  const worker = computeRole(input);
  const inputs = inputRole(input);
  const deviceOf = ({ op }: NodeHandle): string => (op.name === 'Placeholder' ? inputs : worker);
  const { loss, parameters } = builder.onDevice(deviceOf, () => input.replica(builder));
  const forwardNodes = builder.nodes.length;
  const slopes = builder.onDevice(worker, () => gradients(builder, loss, parameters));
  return {
    builder,
    forwardNodes,
    gradients: parameters.map((parameter, i) => ({ parameter, gradient: slopes[i]! })),
  };
}

/** A worker's step, cut between its device and its host. */
export function replicaTemplate(input: StrategyInput, graph: Graph): PartitionedGraph {
  const worker = computeRole(input);
  const fuses = (role: string): boolean => input.workerFuses === true && role === worker;
  return cutByHints(withoutDeadNodes(graph), [...new Set([WORKER_CPU, worker])], fuses);
}

/**
 * Every worker runs the template with variables of its own, and all meet in the group WORKERS. A step of all is one
 * update. Where workers are alike, the first is simulated for all.
 */
export function replicasPlan(input: StrategyInput, template: PartitionedGraph): Plan {
  const devices = input.workerDevices.map(({ compute }) => deviceIndex(input, compute));
  const simulated = input.alike === true ? [0] : devices.keys();
  return {
    loops: Array.from(simulated, (r) => ({
      ...workerLoop(input, template, r, { countsUpdates: r === 0 }),
      scope: `worker/${r}/`,
      standsForOthers: input.alike === true && devices.length > 1,
    })),
    accumulators: [],
    queues: [],
    groups: [{ name: WORKERS, devices }],
    updates: input.updates,
  };
}
