import { invariant } from '../base/errors.ts';
import { getOrMake } from '../base/get-or-make.ts';
import type { Work } from '../base/work.ts';
import type { Cluster } from '../devices/cluster.ts';
import type { CostModel } from '../devices/cost-model.ts';
import type { DeviceModel } from '../devices/device.ts';
import { graphWork } from '../graph/cost.ts';
import { plannedExchanges } from '../graph/exchanges.ts';
import type { Graph } from '../graph/graph.ts';
import { COLLECTIVE_OF_OP } from '../graph/ops/collective.ts';
import { type PartitionedGraph, partitionedName, partitionedOp, recvOf, sendOf } from '../graph/partition.ts';
import { type Loop, nameIn, type Plan, variableIn } from '../graph/plan.ts';
import { Action, type ActivityGraph } from './activity-graph.ts';
import { crowding } from './crowding.ts';
import { type MemoryTemplate, memoryTemplate, residents } from './memory-template.ts';
import type { Program, ProgramLoop } from './program.ts';

export interface CompiledLoop extends ProgramLoop {
  readonly loop: Loop;
  /** Node i of the template is activity i. */
  readonly template: PartitionedGraph;
}

/** A plan lowered to what the engine runs. */
export interface CompiledPlan extends Program {
  readonly plan: Plan;
  readonly loops: readonly CompiledLoop[];
  /** Names of the variables, in the order of their resource indices. */
  readonly variables: readonly string[];
}

export interface CompileOptions {
  /**
   * Per device of the cluster: ops that it computes at a time (inter-op parallelism of a CPU, streams of a GPU); 1
   * unless given. Those that compute share the device evenly, but for the time of their launches: several at a time hide
   * launches and fill waits, and add no capacity.
   */
  readonly opsAtATime?: Int32Array;
  /** What each node of a template asks of its device, where that is not what its op says (see libraryKernels). */
  readonly workOf?: (template: PartitionedGraph) => readonly Work[];
}

const ACTION_OF_OP: { readonly [op: string]: number } = {
  Variable: Action.read,
  ApplyGradientDescent: Action.update,
  ApplySparseGradientDescent: Action.update,
  ApplyMomentum: Action.update,
  ApplyAdagrad: Action.update,
  ApplyAdam: Action.update,
  AccumulatorApply: Action.accumulatorApply,
  AccumulatorTake: Action.accumulatorTake,
  TokenEnqueue: Action.tokenEnqueue,
  TokenDequeue: Action.tokenDequeue,
  ClockWait: Action.clockWait,
  ClockTick: Action.clockTick,
  ...Object.fromEntries(Object.keys(COLLECTIVE_OF_OP).map((op) => [op, Action.exchange])),
};

/** What the engine does with a node whose work is `work`. */
export const actionOf = (graph: Graph, node: number, work: Work): number =>
  ACTION_OF_OP[graph.op[node]!] ?? (work.class === 'none' ? Action.instant : Action.compute);

/**
 * Resolves names to indices and costs to seconds. Loops of one template on equal devices share its columns.
 *
 * @throws InternalError where a node sits on a device that has no kernel for it (placers prevent that).
 */
export function compilePlan(
  plan: Plan,
  cluster: Cluster,
  costModel: CostModel,
  { opsAtATime, workOf = ({ graph }) => graphWork(graph) }: CompileOptions = {},
): CompiledPlan {
  const variables: string[] = [];
  const indices = new Map<string, number>();
  for (const [i, { name }] of plan.accumulators.entries()) indices.set(`accumulator ${name}`, i);
  for (const [i, { name }] of plan.queues.entries()) indices.set(`queue ${name}`, i);
  for (const [i, { name }] of (plan.clocks ?? []).entries()) indices.set(`clock ${name}`, i);
  const { exchanges, exchangeOf } = plannedExchanges(plan);
  const indexOf = (resource: string): number => {
    return getOrMake(indices, resource, () => {
      invariant(resource.startsWith('variable '), `the plan does not declare ${resource}`);
      return variables.push(resource.slice('variable '.length)) - 1;
    });
  };
  const templates = new TemplateCache(cluster, costModel, opsAtATime, workOf);
  const residentBytes = new Float64Array(cluster.devices.length);
  const counted = new Set<string>();

  const loops = plan.loops.map((loop, l): CompiledLoop => {
    const { template } = loop;
    invariant(template.nodeCount > 0, `the template of loop ${loop.name} has no nodes`);
    const { activities, memory, use, sum, resources } = templates.of(loop);
    const { pairs } = activities;
    for (const { name, role, bytes } of residents(template)) {
      const device = loop.device[role]!;
      const key = `${resourceIn(name, loop)} on ${device}`;
      if (!counted.has(key)) residentBytes[device]! += bytes;
      counted.add(key);
    }
    return {
      loop,
      template,
      activities,
      memory,
      use,
      sum,
      resource: Int32Array.from(resources, (name) =>
        name.startsWith(EXCHANGE)
          ? exchangeOf[l]!.get(Number(name.slice(EXCHANGE.length)))!
          : indexOf(resourceIn(name, loop)),
      ),
      device: loop.device,
      stream: loop.device,
      slowed: loop.ownDevice,
      route: Array.from(pairs.from, (from, p) =>
        cluster.route(loop.device[from]!, loop.device[pairs.to[p]!]!),
      ),
    };
  });
  const deviceCount = cluster.devices.length;
  return {
    plan,
    loops,
    variables,
    variableCount: variables.length,
    streamDevice: Int32Array.from({ length: deviceCount }, (_, device) => device),
    streamWidth: opsAtATime ?? new Int32Array(deviceCount).fill(1),
    sharedLaunchSeconds:
      opsAtATime &&
      Float64Array.from(opsAtATime, (width, device) =>
        width > 1 ? cluster.devices[device]!.model.launchSeconds.value : -1,
      ),
    accumulators: plan.accumulators,
    queues: plan.queues,
    clocks: plan.clocks,
    exchanges,
    residentBytes,
    updates: plan.updates,
  };
}

/** What loops of one template on equal devices have in common. */
interface CompiledTemplate {
  readonly activities: ActivityGraph;
  readonly memory: MemoryTemplate;
  readonly use: Int32Array;
  readonly sum: Int32Array | undefined;
  /** `variable w`, `accumulator w`, `queue tokens/{replica}` */
  readonly resources: readonly string[];
}

class TemplateCache {
  private readonly cluster: Cluster;
  private readonly costModel: CostModel;
  private readonly opsAtATime: Int32Array | undefined;
  private readonly workOf: (template: PartitionedGraph) => readonly Work[];
  private readonly known = new Map<PartitionedGraph, Map<string, CompiledTemplate>>();
  private readonly models = new Map<DeviceModel, number>();

  constructor(
    cluster: Cluster,
    costModel: CostModel,
    opsAtATime: Int32Array | undefined,
    workOf: (template: PartitionedGraph) => readonly Work[],
  ) {
    this.cluster = cluster;
    this.costModel = costModel;
    this.opsAtATime = opsAtATime;
    this.workOf = workOf;
  }

  of(loop: Loop): CompiledTemplate {
    const variants = getOrMake(this.known, loop.template, () => new Map<string, CompiledTemplate>());
    const kinds = Array.from(loop.device, (device) => this.kindOf(device)).join();
    const key = loop.alike === undefined ? kinds : loop.name;
    return getOrMake(variants, key, () => this.compile(loop));
  }

  /** Equal for devices on which every op takes equally long. */
  private kindOf(device: number): string {
    const { model } = this.cluster.devices[device]!;
    const number = getOrMake(this.models, model, () => this.models.size);
    return `${number}/${this.opsAtATime?.[device] ?? 1}`;
  }

  /** What others for which the loop stands send at the same time is as if its own transfers had more bytes. */
  private crowdOn({ device, alike = [] }: Loop, { from, to }: ActivityGraph['pairs'], pair: number): number {
    if (alike.length === 0) return 1;
    const routeOf = (devices: Int32Array): Int32Array =>
      this.cluster.route(devices[from[pair]!]!, devices[to[pair]!]!);
    return crowding(this.cluster.links, routeOf(device), alike.map(routeOf));
  }

  private compile(loop: Loop): CompiledTemplate {
    const { template, device } = loop;
    const { graph, nodeCount } = template;
    const work = this.workOf(template);
    const action = new Uint8Array(nodeCount);
    const subject = new Int32Array(nodeCount).fill(-1);
    const amount = new Float64Array(nodeCount);
    const use = new Int32Array(nodeCount).fill(-1);
    const resources: string[] = [];
    const resourceIndex = new Map<string, number>();
    for (let node = 0; node < graph.nodeCount; node++) {
      const role = template.device[node]!;
      const { model } = this.cluster.devices[device[role]!]!;
      const seconds = this.costModel(work[node]!, model);
      invariant(
        Number.isFinite(seconds),
        `${graph.name[node]} is placed on ${model.name}, which has no kernel for it`,
      );
      amount[node] = seconds;
      action[node] = actionOf(graph, node, work[node]!);
      subject[node] = role;
      const resource = resourceOf(template, node);
      if (resource === undefined) continue;
      use[node] = getOrMake(resourceIndex, resource, () => resources.push(resource) - 1);
    }
    const sum = action.includes(Action.accumulatorTake) ? new Int32Array(nodeCount).fill(-1) : undefined;
    for (let node = 0; sum !== undefined && node < graph.nodeCount; node++) {
      const taken = action[node] === Action.update ? sumOf(graph, node) : -1;
      if (taken >= 0) sum[node] = use[taken]!;
    }
    const pairs = new Pairs(template.devices.length);
    const crowds: number[] = [];
    const crowd = (pair: number): number => {
      crowds[pair] ??= this.crowdOn(loop, pairs.columns(), pair);
      return crowds[pair];
    };
    for (let t = 0; t < template.transferCount; t++) {
      const send = sendOf(template, t);
      const recv = recvOf(template, t);
      action[send] = Action.transfer;
      subject[send] = pairs.of(template.device[send]!, template.device[recv]!);
      amount[send] = template.transferBytes[t]! * crowd(subject[send]!);
      action[recv] = Action.instant;
      subject[recv] = template.device[recv]!;
    }
    const roles = template.devices.length;
    const activities: ActivityGraph = {
      count: nodeCount,
      action,
      subject,
      amount,
      pending: template.pending,
      successorStart: template.successorStart,
      successor: template.successor,
      pairs: pairs.columns(),
      streamDevice: Int32Array.from({ length: roles }, (_, role) => role),
      streamWidth: Int32Array.from(device, (index) => this.opsAtATime?.[index] ?? 1),
      nameOf: (node) => partitionedName(template, node),
      kindOf: (node) => partitionedOp(template, node),
    };
    return { activities, memory: memoryTemplate(template, activities), use, sum, resources };
  }
}

/** An exchange is named by its node until it is known with whom that meets. */
const EXCHANGE = 'exchange ';

/** What `variable w` or `queue tokens/{replica}` is to a loop. */
function resourceIn(resource: string, loop: Loop): string {
  const [kind, name] = [resource.slice(0, resource.indexOf(' ')), resource.slice(resource.indexOf(' ') + 1)];
  return `${kind} ${kind === 'variable' ? variableIn(name, loop) : nameIn(name, loop)}`;
}

/** Name of the variable, accumulator or queue that a node uses. */
function resourceOf({ graph }: PartitionedGraph, node: number): string | undefined {
  const attrs = graph.attrs[node]!;
  switch (graph.op[node]) {
    case 'Variable':
      return `variable ${graph.name[node]}`;
    case 'ApplyGradientDescent':
    case 'ApplySparseGradientDescent':
    case 'ApplyMomentum':
    case 'ApplyAdagrad':
    case 'ApplyAdam':
      return `variable ${graph.name[graph.producer[graph.input[graph.inputStart[node]!]!]!]}`;
    case 'AccumulatorApply':
    case 'AccumulatorTake':
      return `accumulator ${attrs.accumulator}`;
    case 'TokenEnqueue':
    case 'TokenDequeue':
      return `queue ${attrs.queue}`;
    case 'ClockWait':
    case 'ClockTick':
      return `clock ${attrs.clock}`;
    default:
      return COLLECTIVE_OF_OP[graph.op[node]!] === undefined ? undefined : EXCHANGE + node;
  }
}

/** The AccumulatorTake that an update's gradient comes from, at once or through other nodes; −1 where it comes from none. */
function sumOf(graph: Graph, update: number): number {
  const { input, inputStart, producer } = graph;
  const [variable, ...gradient] = input.subarray(inputStart[update], inputStart[update + 1]);
  const reached = new Set(gradient.map((tensor) => producer[tensor]!));
  for (const node of reached) {
    if (graph.op[node] === 'AccumulatorTake') return node;
    for (let i = inputStart[node]!; i < inputStart[node + 1]!; i++) {
      if (input[i] !== variable) reached.add(producer[input[i]!]!);
    }
  }
  return -1;
}

/** Ordered pairs of roles, numbered as they are first met. */
class Pairs {
  private readonly from: number[] = [];
  private readonly to: number[] = [];
  private readonly numbers = new Map<number, number>();
  private readonly roles: number;

  constructor(roles: number) {
    this.roles = roles;
  }

  of(from: number, to: number): number {
    return getOrMake(this.numbers, from * this.roles + to, () => {
      this.from.push(from);
      return this.to.push(to) - 1;
    });
  }

  columns(): ActivityGraph['pairs'] {
    return { from: Int32Array.from(this.from), to: Int32Array.from(this.to) };
  }
}
