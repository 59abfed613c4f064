import { getOrMake } from '../../base/get-or-make.ts';
import type { GraphBuilder, NodeHandle, Value } from '../../graph/builder.ts';
import { allReduce } from '../../graph/ops/collective.ts';
import { add, mul } from '../../graph/ops/elementwise.ts';
import { identity } from '../../graph/ops/shape.ts';
import { constant } from '../../graph/ops/state.ts';
import { rowGradients } from '../../graph/optimizers/gradient-descent.ts';
import { withMasterCopies } from '../../graph/optimizers/master-copy.ts';
import type { ParameterGradient } from '../../graph/optimizers/optimizer.ts';
import { backwardDone, exchangeGradients } from './exchange-gradients.ts';
import type { MeshOptions } from './mesh-options.ts';
import { DATA_GROUP, groupOn, SAME_EXPERTS_GROUP, TENSOR_GROUP } from './mesh-shape.ts';
import { updateSharded } from './sharded-update.ts';
import { optimizerOf, updatesAfter } from './worker-optimizers.ts';

/** A parameter on a device of the pipeline, with what its micro-batches say it should change by. */
interface Copy extends ParameterGradient {
  readonly pipeline: number;
  /** The device hint of what is done with it. */
  readonly device: string;
}

export interface MeshGradient {
  /** On each device of the pipeline that uses it. */
  readonly copies: readonly Copy[];
  /** Whether the gradient is a share, of which the sum over the tensor ranks is meant. */
  readonly isPartial: boolean;
  /** Whether it is an expert's that ranks divide: summed over the expert ranks already. */
  readonly isExpert: boolean;
}

/**
 * Adds what follows the last micro-batch: copies of a parameter on several devices get the sum of their gradients, shares of
 * tensor ranks are summed, gradients of replicas are averaged, device by device of the pipeline, and parameters updated.
 *
 * Copies send each other their gradients and add all in the same order. Between two of them this moves what an all-reduce
 * does (Megatron-LM's, between the first and the last stage).
 */
export function updateMesh(
  builder: GraphBuilder,
  gradients: readonly MeshGradient[],
  mesh: MeshOptions,
  learningRate: number,
): void {
  const byDevice = new Map<number, Owned[]>();
  for (const { copies, isPartial, isExpert } of gradients) {
    const whole = copies.map((copy) =>
      onDevice(builder, copy, () => wholeTable(builder, copy.gradient, mesh)),
    );
    for (const copy of copies) {
      const gradient = onDevice(builder, copy, () => sum(builder, whole));
      const list = getOrMake(byDevice, copy.pipeline, () => []);
      list.push({ ...copy, gradient, isPartial, isExpert });
    }
  }
  for (const [pipeline, owned] of byDevice) {
    builder.scope(`stage${pipeline}`, () =>
      builder.onDevice(owned[0]!.device, () => updateDevice(builder, owned, pipeline, mesh, learningRate)),
    );
  }
}

type Owned = Copy & Pick<MeshGradient, 'isPartial' | 'isExpert'>;

function updateDevice(
  builder: GraphBuilder,
  owned: readonly Owned[],
  pipeline: number,
  mesh: MeshOptions,
  learningRate: number,
): void {
  const { data, expert, algorithm, bucket, overlap, optimizer, zero } = mesh;
  const local = sumShares(builder, owned, pipeline, mesh);
  const exchange = { algorithm, bucketBytes: bucket, overlap };
  const ofAll = { ...exchange, group: groupOn(DATA_GROUP, pipeline), ranks: data };
  const ofSome = { ...exchange, group: groupOn(SAME_EXPERTS_GROUP, pipeline), ranks: data / expert };
  const shared = local.filter(({ isExpert }) => !isExpert);
  const experts = local
    .filter(({ isExpert }) => isExpert)
    .map((one) => ({ ...one, gradient: timesShare(builder, one.gradient, expert) }));
  const plain = optimizerOf(optimizer, learningRate);
  if (zero === 1) {
    const divided = { keepsGradients: true, optimizer: plain };
    updateSharded(builder, shared, { ...ofAll, ...divided, rank: '{data}' });
    if (experts.length > 0) updateSharded(builder, experts, { ...ofSome, ...divided, rank: '{experts}' });
    return;
  }
  const common = exchangeGradients(builder, shared, ofAll);
  const divided = exchangeGradients(builder, experts, ofSome);
  const means = [...common.gradients, ...divided.gradients];
  const last = [common.last, divided.last].filter((node): node is NodeHandle => node !== undefined);
  updatesAfter(
    last.length > 0 ? last : [backwardDone(builder, local)],
    builder,
    optimizer === 'sgd' ? plain : withMasterCopies(plain),
    means,
  );
}

function onDevice<T>(builder: GraphBuilder, { device }: Copy, body: () => T): T {
  return builder.onDevice(device, body);
}

/** The gradient of a table as one that is summed over micro-batches: of all rows, not of those looked up in one of them. */
function wholeTable(builder: GraphBuilder, gradient: Value, { microBatches }: MeshOptions): Value {
  if (microBatches === 1 || rowGradients(gradient) === undefined) return gradient;
  return builder.add(identity, [gradient], {}, { name: 'table_gradient' });
}

function sum(builder: GraphBuilder, values: readonly Value[]): Value {
  return values.reduce((total, value) => builder.add(add, [total, value], {}, { name: 'tied' }));
}

/** Gradients of which each tensor rank has a share, summed in one exchange. */
function sumShares(
  builder: GraphBuilder,
  owned: readonly Owned[],
  pipeline: number,
  { tensor }: MeshOptions,
): readonly Owned[] {
  const partial = owned.filter(({ isPartial }) => isPartial);
  if (tensor === 1 || partial.length === 0) return owned;
  const { outputs } = builder.node(
    allReduce,
    partial.map(({ gradient }) => gradient),
    { group: groupOn(TENSOR_GROUP, pipeline), ranks: tensor, algorithm: 'auto', reduction: 'sum' },
    { name: 'shares' },
  );
  const summed = new Map(partial.map((one, i) => [one, outputs[i]!]));
  return owned.map((one) => ({ ...one, gradient: summed.get(one) ?? one.gradient }));
}

function timesShare(builder: GraphBuilder, gradient: Value, ranks: number): Value {
  if (ranks === 1) return gradient;
  const { dtype } = gradient.spec;
  const share = builder.add(constant, [], { dtype, shape: [], value: [1 / ranks] }, { name: 'share' });
  return builder.add(mul, [gradient, share], {}, { name: 'mean' });
}
