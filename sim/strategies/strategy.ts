import type { Cluster } from '../../devices/cluster.ts';
import type { GraphBuilder } from '../../graph/builder.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Plan } from '../../graph/plan.ts';
import type { Model, ModelOptions, ModelOutputs } from '../../graph/zoo/model.ts';
import type { Chosen, Options } from './options.ts';

/** What a strategy needs to know of a model that is authored. */
export type ReplicaOutputs = Pick<
  ModelOutputs,
  'feeds' | 'loss' | 'parameters' | 'cuts' | 'partialGradients' | 'expertParameters'
>;

/** What a strategy is asked before anything is built. */
export interface StrategySetting<O extends Options = Options> {
  readonly workers: number;
  readonly parameterServers: number;
  /** Samples per replica and step. */
  readonly batch: number;
  readonly model: Pick<Model, 'name' | 'settings' | 'splits' | 'indivisible'>;
  readonly options: Chosen<O>;
}

/** A worker's devices by name: what it computes on, and the CPU of its host, from which its inputs come. */
export interface WorkerDevices {
  readonly compute: string;
  readonly cpu: string;
}

/** What a strategy makes a plan of: the model, the cluster, who works on what, and the options. */
export interface StrategyInput<O extends Options = Options> extends StrategySetting<O> {
  /**
   * Authors the forward graph of one replica: inputs are placeholders, parameters are variables. `change`: of another
   * batch than the replica's, or the part of one rank of a model that is split.
   */
  readonly replica: (builder: GraphBuilder, change?: Partial<ModelOptions>) => ReplicaOutputs;
  /** Has the devices of `workerDevices`, and tasks `/job:ps/task:0 …`. */
  readonly cluster: Cluster;
  /** Per worker. Workers r, r + 1, … fill one host after another. */
  readonly workerDevices: readonly WorkerDevices[];
  /** Whether workers run element-wise ops that follow one another in one pass (see fuseElementwise). */
  readonly workerFuses?: boolean;
  /**
   * Whether the inputs of a step are on the worker's device when it starts, as input pipelines have them there that work one step
   * ahead. Otherwise the step starts with their way from the host.
   */
  readonly prefetched?: boolean;
  /**
   * Whether nothing but their place tells workers apart (no luck, no failures, no numbers), so that one loop may stand
   * for others (Loop.standsForOthers).
   */
  readonly alike?: boolean;
  /** A placement of a graph on the devices of a cluster by a placer of that name: per node, a device. */
  readonly place?: (placer: string, graph: Graph, cluster: Cluster) => Int32Array;
  readonly learningRate: number;
  /** Updates after which the plan ends. */
  readonly updates: number;
}

/**
 * A strategy turns one replica's training graph and a cluster into a plan. It is told its options as chosen, complete and
 * within their bounds.
 */
export interface Strategy<O extends Options = Options> {
  readonly kind: string;
  /** One line for lists. */
  readonly description: string;
  readonly options: O;
  /** Whether variables live on parameter servers, of which there must be one then. */
  readonly usesServers: boolean;
  /** Why it cannot be run so; undefined where it can. The other functions are asked only of settings that can be run. */
  refuses(setting: StrategySetting<O>): string | undefined;
  /** Workers on top of those that a scenario asks for; none unless given. */
  extraWorkers?(options: Chosen<O>): number;
  /** Replicas of the model that the workers make up: each takes a batch per step. */
  replicas(setting: StrategySetting<O>): number;
  /** Gradients of replicas that one update takes. */
  gradientsPerUpdate(setting: StrategySetting<O>): number;
  /** Tells runs of one scenario apart, e.g. `synchronous, 2 backups`. */
  label(options: Chosen<O>): string;
  plan(input: StrategyInput<O>): Plan;
}
