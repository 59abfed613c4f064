import { expect } from 'vitest';
import { findDevice, findLink } from '../../devices/catalog/index.ts';
import { buildCluster } from '../../devices/cluster-builder.ts';
import { kernelSeconds } from '../../devices/kernels/index.ts';
import { PlanExecutor } from '../../executor/plan-executor.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type Value } from '../../graph/builder.ts';
import { type Graph, nodeNamed } from '../../graph/graph.ts';
import { allReduce } from '../../graph/ops/collective.ts';
import { mul } from '../../graph/ops/elementwise.ts';
import {
  applyGradientDescent,
  assign,
  constant,
  type VariableAttrs,
  variable,
} from '../../graph/ops/state.ts';
import { partition } from '../../graph/partition.ts';
import type { Loop, Plan } from '../../graph/plan.ts';
import { withoutDeadNodes } from '../../graph/prune.ts';
import { numbers, type Tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import type { GroupRank, ModelOutputs, ModelPart } from '../../graph/zoo/model.ts';
import { compilePlan } from '../../sim/compile.ts';
import { simulate } from '../../sim/engine.ts';

/** Name of the group that the ranks of a test make up. */
export const GROUP = 'ranks';
export const algorithm = 'auto';

/** What a rank differentiates and updates, and which part of a model it is. */
export interface RankOutputs
  extends Pick<ModelOutputs, 'loss' | 'parameters' | 'partialGradients' | 'expertParameters'> {
  readonly part?: ModelPart;
}

export interface RankProgram {
  readonly ranks: number;
  readonly author: (builder: GraphBuilder, rank: number) => RankOutputs;
  readonly feed: (placeholder: string, rank: number, step: number) => Tensor | undefined;
  /** 1 unless given. */
  readonly updates?: number;
  /** Ranks of each group by name; all in GROUP unless given. */
  readonly groups?: { readonly [name: string]: readonly number[] };
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
export function runRanks({ ranks, author, feed, updates = 1, groups }: RankProgram): RankResult[] {
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
    train(builder, outputs);
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
  const members = Object.entries(groups ?? { [GROUP]: [...devices.keys()] });
  const plan: Plan = {
    loops,
    accumulators: [],
    queues: [],
    groups: members.map(([name, of]) => ({ name, devices: of.map((rank) => devices[rank]!) })),
    updates,
  };
  const executor = new PlanExecutor(plan, { seed: 5, feed });
  simulate(compilePlan(plan, cluster, kernelSeconds), cluster, {
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
  { loss, parameters, partialGradients = [], expertParameters = [], part = {} }: RankOutputs,
): void {
  const slopes = new Map(gradients(builder, loss, parameters).map((slope, i) => [parameters[i]!, slope]));
  const exchange = (of: readonly Value[], among: GroupRank | undefined, reduction: 'sum' | 'mean'): void => {
    if (of.length === 0 || among === undefined) return;
    const { group, ranks } = among;
    const shares = of.map((parameter) => slopes.get(parameter)!);
    const { outputs } = builder.node(allReduce, shares, { group, ranks, algorithm, reduction });
    for (const [i, parameter] of of.entries()) slopes.set(parameter, outputs[i]!);
  };
  exchange(partialGradients, part.tensor, 'sum');
  exchange(
    parameters.filter((parameter) => !expertParameters.includes(parameter)),
    part.expert,
    'mean',
  );
  for (const parameter of expertParameters) {
    const value = [1 / part.expert!.ranks];
    const share = builder.add(constant, [], { dtype: 'float32', shape: [], value });
    slopes.set(parameter, builder.add(mul, [slopes.get(parameter)!, share], {}));
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

/** That the ranks together have the gradients and parameters of the first result, to 1e-5. */
export function expectSameNumbers(together: readonly RankResult[], alone: RankResult): void {
  for (const parameter of alone.parameters.keys()) {
    for (const of of ['gradients', 'parameters'] as const) {
      const expected = [...numbers(alone[of].get(parameter)!)];
      expectClose(assembled(together, parameter, of), expected, `${of} of ${parameter}`);
    }
  }
}

/**
 * Within 1e-5 of the greatest of a tensor's elements, or of 0.01: the gradient of the keys' bias is 0, since softmax is not
 * moved by what all scores of a query have in common, and so all rounding.
 */
export function expectClose(actual: readonly number[], expected: readonly number[], what: string): void {
  expect(actual.length, what).toBe(expected.length);
  const scale = Math.max(...expected.map(Math.abs), 0.01);
  const worst = Math.max(...expected.map((x, i) => Math.abs(actual[i]! - x)));
  expect(worst / scale, what).toBeLessThan(1e-5);
}

/** The whole of a variable, from the ranks' parts; what several ranks have must be equal on them to the bit. */
function assembled(results: readonly RankResult[], name: string, of: 'gradients' | 'parameters'): number[] {
  const all: number[] = [];
  for (const { graph, [of]: values } of results) {
    const attrs = graph.attrs[nodeNamed(graph, name)] as unknown as VariableAttrs;
    for (const [i, x] of [...numbers(values.get(name)!)].entries()) {
      const place = placeInWhole(attrs, i);
      expect(all[place] ?? x, `${of} of ${name}`).toBe(x);
      all[place] = x;
    }
    all.length = elementCount(attrs.whole ?? attrs.shape);
  }
  return all;
}

/** Where element `i` of a variable is in the variable that it is a part of. */
export function placeInWhole(
  { shape, whole = shape, origin = shape.map(() => 0) }: VariableAttrs,
  i: number,
): number {
  let [rest, place, stride] = [i, 0, 1];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    place += (origin[axis]! + (rest % shape[axis]!)) * stride;
    rest = Math.floor(rest / shape[axis]!);
    stride *= whole[axis]!;
  }
  return place;
}
