import { invariant } from '../base/errors.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { CostModel } from '../devices/cost-model.ts';
import { graphWork } from '../graph/cost.ts';
import { isSend, type PartitionedGraph, recvOf, sendOf } from '../graph/partition.ts';
import { type Loop, type Plan, queueName } from '../graph/plan.ts';

/** What the engine does when a node starts. */
export const Action = {
  /** Occupies its device for the node's seconds. */
  compute: 0,
  /** Takes no time and no device. */
  instant: 1,
  send: 2,
  recv: 3,
  /** Instant; notes which version of the variable was read. */
  read: 4,
  /** Occupies its device; makes a new version of the variable from a gradient. */
  update: 5,
  /** Occupies its device unless the gradient is late. */
  accumulatorApply: 6,
  /** Waits for the accumulator, then occupies its device. */
  accumulatorTake: 7,
  tokenEnqueue: 8,
  /** Waits for the queue. */
  tokenDequeue: 9,
} as const;

/** A loop with everything that the engine asks per node, as columns. */
export interface CompiledLoop {
  readonly loop: Loop;
  readonly template: PartitionedGraph;
  /** Per node: one of Action. */
  readonly action: Uint8Array;
  /** Per node: index of the variable, accumulator or queue that it uses; −1 for none. */
  readonly resource: Int32Array;
  /** Per node: 1 where the replica's slow-down applies. */
  readonly slowed: Uint8Array;
  /** Per node: seconds on its device, undisturbed. */
  readonly seconds: Float64Array;
  /** Per node: index of its device in the cluster. */
  readonly device: Int32Array;
  /** Per transfer: its route, as link indices. */
  readonly route: readonly Int32Array[];
}

export interface CompiledPlan {
  readonly plan: Plan;
  readonly loops: readonly CompiledLoop[];
  /** Names of the variables, in the order of their resource indices. */
  readonly variables: readonly string[];
}

const ACTION_OF_OP: { readonly [op: string]: number } = {
  Variable: Action.read,
  ApplyGradientDescent: Action.update,
  AccumulatorApply: Action.accumulatorApply,
  AccumulatorTake: Action.accumulatorTake,
  TokenEnqueue: Action.tokenEnqueue,
  TokenDequeue: Action.tokenDequeue,
};

/**
 * Resolves names to indices and costs to seconds.
 *
 * @throws InternalError where a node sits on a device that has no kernel for it (placers prevent that).
 */
export function compilePlan(plan: Plan, cluster: Cluster, costModel: CostModel): CompiledPlan {
  const variables: string[] = [];
  const variableIndex = new Map<string, number>();
  const accumulatorIndex = new Map(plan.accumulators.map(({ name }, i) => [name, i]));
  const queueIndex = new Map(plan.queues.map(({ name }, i) => [name, i]));
  const variableOf = (name: string): number => {
    let index = variableIndex.get(name);
    if (index === undefined) {
      index = variables.push(name) - 1;
      variableIndex.set(name, index);
    }
    return index;
  };

  const resourceOf = (loop: Loop, node: number): number => {
    const { graph } = loop.template;
    const attrs = graph.attrs[node]!;
    switch (graph.op[node]) {
      case 'Variable':
        return variableOf(graph.name[node]!);
      case 'ApplyGradientDescent':
        return variableOf(graph.name[graph.producer[graph.input[graph.inputStart[node]!]!]!]!);
      case 'AccumulatorApply':
      case 'AccumulatorTake':
        return known(accumulatorIndex.get(String(attrs.accumulator)), `accumulator ${attrs.accumulator}`);
      case 'TokenEnqueue':
      case 'TokenDequeue': {
        const name = queueName(String(attrs.queue), loop);
        return known(queueIndex.get(name), `queue ${name}`);
      }
      default:
        return -1;
    }
  };

  const loops = plan.loops.map((loop): CompiledLoop => {
    const { template } = loop;
    const { graph } = template;
    invariant(template.nodeCount > 0, `the template of loop ${loop.name} has no nodes`);
    const work = graphWork(graph);
    const action = new Uint8Array(template.nodeCount);
    const resource = new Int32Array(template.nodeCount).fill(-1);
    const seconds = new Float64Array(template.nodeCount);
    const device = template.device.map((role) => loop.device[role]!);
    const slowed = Uint8Array.from(template.device, (role) => loop.ownDevice[role]!);
    for (let node = 0; node < graph.nodeCount; node++) {
      const { model } = cluster.devices[device[node]!]!;
      seconds[node] = costModel(work[node]!, model);
      invariant(
        Number.isFinite(seconds[node]),
        `${graph.name[node]} is placed on ${model.name}, which has no kernel for it`,
      );
      resource[node] = resourceOf(loop, node);
      action[node] =
        ACTION_OF_OP[graph.op[node]!] ?? (work[node]!.class === 'none' ? Action.instant : Action.compute);
    }
    for (let node = graph.nodeCount; node < template.nodeCount; node++) {
      action[node] = isSend(template, node) ? Action.send : Action.recv;
    }
    const route = Array.from({ length: template.transferCount }, (_, t) =>
      cluster.route(device[sendOf(template, t)]!, device[recvOf(template, t)]!),
    );
    return { loop, template, action, resource, slowed, seconds, device, route };
  });
  return { plan, loops, variables };
}

function known(index: number | undefined, what: string): number {
  invariant(index !== undefined, `the plan does not declare ${what}`);
  return index;
}
