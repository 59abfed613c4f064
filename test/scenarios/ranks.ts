import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { rooflineSeconds } from '../../devices/cost-model.ts';
import { PlanExecutor } from '../../executor/plan-executor.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import type { Graph } from '../../graph/graph.ts';
import { allReduce } from '../../graph/ops/collective.ts';
import { mul } from '../../graph/ops/elementwise.ts';
import { applyGradientDescent, assign, constant, variable } from '../../graph/ops/state.ts';
import { partition } from '../../graph/partition.ts';
import type { Loop, Plan } from '../../graph/plan.ts';
import { withoutDeadNodes } from '../../graph/prune.ts';
import { numbers, type Tensor } from '../../graph/tensor.ts';
import type { ModelOutputs } from '../../graph/zoo/model.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';

/** Name of the group that the ranks of a test make up. */
export const GROUP = 'ranks';
export const algorithm = 'auto';

/** What a rank differentiates and updates. */
export type RankOutputs = Pick<ModelOutputs, 'loss' | 'parameters' | 'partialGradients' | 'expertParameters'>;

export interface RankProgram {
  readonly ranks: number;
  readonly author: (builder: GraphBuilder, rank: number) => RankOutputs;
  readonly feed: (placeholder: string, rank: number, step: number) => Tensor | undefined;
  /** 1 unless given. */
  readonly updates?: number;
  /** Whether each rank has a loss of its own, so that gradients are averaged over them; no unless given. */
  readonly ownLosses?: boolean;
}

/** What a rank has after the last step: its loss and gradients in it, and the values of its parameters then. */
export interface RankResult {
  readonly graph: Graph;
  readonly loss: number;
  readonly gradients: ReadonlyMap<string, Tensor>;
  readonly parameters: ReadonlyMap<string, Tensor>;
}

const RATE = 0.5;

/** Trains by plain gradient descent: a loop per rank with variables of its own, in the simulator's order. */
export function runRanks({ ranks, author, feed, updates = 1, ownLosses = false }: RankProgram): RankResult[] {
  const accelerators = { model: findDevice('k40'), count: ranks, bus: findLink('pcie3-x16') };
  const cluster = buildCluster({
    jobs: [
      { name: 'worker', tasks: 1, cpu: findDevice('xeon-e5-2699v3'), accelerators, nic: findLink('eth-10g') },
    ],
  });
  const devices = cluster.devices.flatMap(({ name }, index) => (name.includes(':GPU:') ? [index] : []));
  const authored = devices.map((_, rank) => {
    const builder = new GraphBuilder();
    const outputs = author(builder, rank);
    train(builder, outputs, ranks, ownLosses);
    return {
      names: outputs.parameters.map(({ node }) => node.name),
      graph: withoutDeadNodes(builder.finish()),
    };
  });
  const loops = authored.map(
    ({ graph }, rank): Loop => ({
      name: `rank/${rank}`,
      replica: rank,
      scope: `rank${rank}/`,
      template: partition(graph, ['GPU'], new Int32Array(graph.nodeCount)),
      device: Int32Array.of(devices[rank]!),
      ownDevice: Uint8Array.of(1),
      countsUpdates: rank === 0,
    }),
  );
  const plan: Plan = { loops, accumulators: [], queues: [], groups: [{ name: GROUP, devices }], updates };
  const executor = new PlanExecutor(plan, { seed: 5, feed });
  simulate(compilePlan(plan, cluster, rooflineSeconds), cluster, {
    onStart: (loop, node, iteration) => executor.start(loop, node, iteration),
  });
  return authored.map(({ graph, names }, rank) => {
    const variableOf = (name: string): Tensor => executor.variables.readVariable(`rank${rank}/${name}`)!;
    return {
      graph,
      loss: numbers(variableOf('seen/loss'))[0]!,
      gradients: new Map(names.map((name) => [name, variableOf(`seen/${name}`)])),
      parameters: new Map(names.map((name) => [name, variableOf(name)])),
    };
  });
}

/** Adds what a plan adds to a rank's part: gradients, what is left of their sums, updates; keeps what tests look at. */
function train(
  builder: GraphBuilder,
  { loss, parameters, partialGradients = [], expertParameters = [] }: RankOutputs,
  ranks: number,
  ownLosses: boolean,
): void {
  const group = { group: GROUP, ranks, algorithm };
  const slopes = new Map(gradients(builder, loss, parameters).map((slope, i) => [parameters[i]!, slope]));
  const exchange = (of: readonly Value[], reduction: 'sum' | 'mean'): void => {
    if (of.length === 0) return;
    const shares = of.map((parameter) => slopes.get(parameter)!);
    const { outputs } = builder.node(allReduce, shares, { ...group, reduction });
    for (const [i, parameter] of of.entries()) slopes.set(parameter, outputs[i]!);
  };
  exchange(partialGradients, 'sum');
  if (ownLosses) {
    exchange(
      parameters.filter((parameter) => !expertParameters.includes(parameter)),
      'mean',
    );
    for (const parameter of expertParameters) {
      const share = builder.add(constant, [], { dtype: 'float32', shape: [], value: [1 / ranks] });
      slopes.set(parameter, builder.add(mul, [slopes.get(parameter)!, share], {}));
    }
  }
  const keep = (name: string, value: Value): void => {
    const { dtype, shape } = value.spec;
    const attrs = { dtype, shape, trainable: false, initializer: 'zeros' as const };
    const seen = builder.add(variable, [], attrs, { name: `seen/${name}` });
    builder.node(assign, [seen, value], {});
  };
  keep('loss', loss);
  for (const parameter of parameters) {
    const slope = slopes.get(parameter)!;
    keep(parameter.node.name, slope);
    builder.node(applyGradientDescent, [parameter, slope], { learningRate: RATE });
  }
}
