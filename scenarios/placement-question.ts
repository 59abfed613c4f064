import { UserError } from '../base/errors.ts';
import type { Catalog } from '../devices/catalog/catalog.ts';
import type { Cluster } from '../devices/cluster.ts';
import { kernelSeconds } from '../devices/kernels/index.ts';
import { subCluster } from '../devices/sub-cluster.ts';
import { idleTransferSeconds } from '../devices/topology.ts';
import { graphWork } from '../graph/cost.ts';
import type { Graph } from '../graph/graph.ts';
import type { Bounds } from '../placement/bounds.ts';
import { graphProblem, type PlacementCosts } from '../placement/graph-problem.ts';
import type { PlacementProblem } from '../placement/problem.ts';
import { chosenNetwork, type ModelChoice } from './chosen-model.ts';
import { experimentCluster } from './experiment-cluster.ts';
import { fileModel } from './file-model.ts';
import type { FileModelChoice } from './file-model-schema.ts';
import { stepGraph, summariseModel } from './model-summary.ts';
import { boundsUnder } from './placement-bounds.ts';
import { type Objective, type PlacementEvaluator, placementEvaluator } from './placement-evaluator.ts';
import { workerPrice } from './prices.ts';
import type { ModelSummary } from './results.ts';
import type { Runtime } from './runtime.ts';
import type { Scenario } from './schema.ts';

/** What is to be placed, on what, under what: plain data that goes to threads as it is. */
export interface PlacementQuestion {
  readonly cluster: Scenario['cluster'];
  /** Of each host: the first so many may be used. */
  readonly accelerators: number;
  readonly runtime: Runtime;
  readonly model: ModelChoice | FileModelChoice;
  readonly objective: Objective;
  readonly soft: boolean;
}

/** The same, built. */
export interface PlacementSetting {
  readonly graph: Graph;
  readonly summary: ModelSummary;
  readonly batch: number;
  readonly cluster: Cluster;
  readonly problem: PlacementProblem;
  readonly evaluator: PlacementEvaluator;
  /** Of step times; worked out when first asked for. */
  readonly bounds: () => Bounds;
  /** Below which no score can be, by the objective. */
  readonly leastScore: () => number;
}

export function placementSetting({
  cluster: choice,
  accelerators,
  runtime,
  model,
  objective,
  soft,
}: PlacementQuestion): PlacementSetting {
  const cluster = placementCluster({ cluster: choice, accelerators });
  const { graph, summary, batch } = 'file' in model ? ofFile(model) : ofZoo(model);
  const problem = graphProblem(graph, cluster, placementCosts(graph, cluster), { soft });
  if (!problem.seconds.some((seconds) => seconds > 0 && Number.isFinite(seconds)))
    throw new UserError(`${summary.name}: there is nothing to place: no op takes any time`);
  const dollarsPerHour = objective === 'cost' ? pricesOf(choice) : undefined;
  const options = { objective, ...(dollarsPerHour !== undefined && { dollarsPerHour }) };
  const evaluator = placementEvaluator(graph, cluster, runtime, problem, options);
  let known: Bounds | undefined;
  const bounds = (): Bounds => {
    known ??= boundsUnder(runtime, graph, cluster, problem);
    return known;
  };
  return {
    graph,
    summary,
    batch,
    cluster,
    problem,
    evaluator,
    bounds,
    leastScore: () => leastScore(objective, bounds),
  };
}

function leastScore(objective: Objective, bounds: () => Bounds): number {
  if (objective === 'step-time') return bounds().seconds;
  // Chains may span several steps of a pipeline.
  return objective === 'throughput' ? Math.max(bounds().area, bounds().group) : 0;
}

/** The devices that may be used, on the whole cluster's links. */
export function placementCluster(
  { cluster: choice, accelerators }: Pick<PlacementQuestion, 'cluster' | 'accelerators'>,
  catalog?: Catalog,
): Cluster {
  const all = experimentCluster(choice, choice.workers.count, 0, catalog);
  if (accelerators >= choice.workers.accelerators) return all;
  const used = all.devices.flatMap(({ name, model }, d) =>
    model.kind === 'CPU' || Number(name.split(':').at(-1)) < accelerators ? [d] : [],
  );
  return subCluster(all, Int32Array.from(used));
}

/** What placers know of costs: each op as a kernel of its own, each message alone. */
export function placementCosts(graph: Graph, cluster: Cluster): PlacementCosts {
  const work = graphWork(graph);
  return {
    seconds: (node, device) => kernelSeconds(work[node]!, cluster.devices[device]!.model),
    transferSeconds: (bytes, from, to) => idleTransferSeconds(cluster, from, to, bytes),
  };
}

function ofZoo(choice: ModelChoice): Pick<PlacementSetting, 'graph' | 'summary' | 'batch'> {
  const network = chosenNetwork(choice);
  const { batch, precision } = choice;
  return {
    graph: stepGraph(network, batch, precision),
    summary: summariseModel(network, batch, precision),
    batch,
  };
}

function ofFile(choice: FileModelChoice): Pick<PlacementSetting, 'graph' | 'summary' | 'batch'> {
  return { ...fileModel(choice), batch: 1 };
}

function pricesOf(choice: Scenario['cluster']): (host: string) => number {
  const price = workerPrice(choice);
  if (price === undefined) {
    const { node } = choice.workers;
    throw new UserError(
      `objective: cost needs a price: set cluster.workers.price, e.g. "3.06 $/h", or cluster.workers.node to a machine that has one (\`stepcast devices --nodes\`)${node === undefined ? '' : `; ${node}, as it is here, has none`}`,
    );
  }
  return () => price.dollarsPerHour;
}
