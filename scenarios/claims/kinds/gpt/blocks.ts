import type { DType } from '../../../../base/dtype.ts';
import { UserError } from '../../../../base/errors.ts';
import { getOrMake } from '../../../../base/get-or-make.ts';
import type { StackModel } from '../../../../devices/stack.ts';
import { MODELS } from '../../../../graph/zoo/index.ts';
import type { ModelPart } from '../../../../graph/zoo/model.ts';
import { valuesOf } from '../../../../graph/zoo/settings.ts';
import { STRATEGIES } from '../../../../sim/strategies/index.ts';
import { strategyInput } from '../../../../sim/strategies/input.ts';
import { type MeshBlocks, meshBlocks } from '../../../../sim/strategies/mesh-blocks.ts';
import { TENSOR_GROUP } from '../../../../sim/strategies/mesh-shape.ts';
import type { Chosen } from '../../../../sim/strategies/options.ts';
import type { GptFields } from '../gpt.ts';
import type { MeshNetwork } from './network.ts';

const known = new Map<string, MeshBlocks>();

/**
 * The parts of a step, authored once for all points that have them.
 * @throws UserError where so many ranks cannot divide the model.
 */
export function blocksOf(fields: GptFields, network: MeshNetwork, stack: StackModel): MeshBlocks {
  const { hidden, heads, sequence, vocabulary, inner, precision, micro_batch, tensor } = fields;
  const dropout = fields.dropout ?? stack.dropoutPercent?.value ?? 0;
  const { recompute, sequence_parallel, optimizer, attention, context, gated, kv_heads } = fields;
  const model = MODELS.gpt!;
  const values = {
    ...valuesOf(model.settings),
    ...{ layers: 3, width: hidden, heads, length: sequence, dropout, gated: gated ? 1 : 0 },
    ...{ vocabulary: padded(vocabulary, tensor), inner: inner ?? 0, shared_heads: kv_heads ?? 0 },
  };
  // Ranks of more than there are heads of keys have copies of them.
  if (values.shared_heads > 0 && tensor > values.shared_heads) values.shared_heads = tensor;
  const compiled = stack.fusesElementwise;
  const key = [values, precision, micro_batch, tensor, context, recompute, sequence_parallel, optimizer];
  return getOrMake(known, JSON.stringify([...key, attention, compiled]), () => {
    const sized = model.with(values);
    const ranks = { tensor, sequence: sequence_parallel, expert: 1 };
    const problem = sized.conflict(values) ?? sized.indivisible(ranks);
    if (problem !== undefined) throw new UserError(problem);
    // What FlashAttention does not keep, nothing has to compute again.
    const isKept = attention !== 'plain' && recompute === 'selective';
    const input = strategyInput(STRATEGIES.mesh, {
      model: sized,
      batch: micro_batch,
      dtype: (precision === 'float8' ? 'bfloat16' : precision) as DType,
      cluster: network.cluster,
      workers: tensor,
      computesOn: network.device.kind,
      options: { tensor, recompute: isKept ? 'none' : recompute, sequence: sequence_parallel, optimizer },
      updates: 1,
    });
    const { micro_batches: microBatches, ...mesh } = input.options as Chosen<typeof STRATEGIES.mesh.options>;
    const part: ModelPart = {
      ...(tensor > 1 && { tensor: { algorithm: 'auto', group: TENSOR_GROUP, ranks: tensor, rank: 0 } }),
      sequence: sequence_parallel,
    };
    return meshBlocks(input, { ...mesh, microBatches, data: 1 }, part, {
      compiled,
      ...(attention !== 'plain' && { attention: { length: sequence, causal: true } }),
    });
  });
}

/** Tensor ranks divide the vocabulary in rows of 128, as Megatron-LM pads it. */
function padded(vocabulary: number, tensor: number): number {
  const multiple = 128 * tensor;
  return Math.ceil(vocabulary / multiple) * multiple;
}
