import { InternalError } from '../base/errors.ts';
import type { Attrs } from '../graph/op.ts';
import { type FloatData, floats, type Tensor, type TensorData } from '../graph/tensor.ts';
import { elementCount } from '../graph/tensor-spec.ts';

/**
 * What each rank has after an exchange, from what each brought, `inputs[rank][tensor]`: the definitions of
 * graph/ops/collective.ts. Ranks are summed in their order, in the type of the tensors: the same bits on all ranks, whoever
 * came first.
 */
export function exchangedValues(
  op: string,
  attrs: Attrs,
  inputs: readonly (readonly Tensor[])[],
): readonly (readonly Tensor[])[] {
  const axis = Number(attrs.axis);
  const ofEach = (of: (ranks: readonly Tensor[]) => readonly Tensor[]): Tensor[][] => {
    // Columns of tensors to rows of ranks.
    const columns = inputs[0]!.map((_, tensor) => of(inputs.map((rank) => rank[tensor]!)));
    return inputs.map((_, rank) => columns.map((column) => column[rank]!));
  };
  switch (op) {
    case 'AllReduce':
      return ofEach((ranks) => copies(reduced(ranks, String(attrs.reduction)), ranks.length));
    case 'ReduceScatter':
      return ofEach((ranks) => parts(reduced(ranks, String(attrs.reduction)), axis, ranks.length));
    case 'AllGather':
      return ofEach((ranks) => copies(joined(ranks, axis), ranks.length));
    case 'AllToAll': {
      const split = Number(attrs.split);
      return ofEach((ranks) => {
        const sent = ranks.map((tensor) => parts(tensor, split, ranks.length));
        return ranks.map((_, to) =>
          joined(
            sent.map((pieces) => pieces[to]!),
            axis,
          ),
        );
      });
    }
    default:
      throw new InternalError(`${op} is no collective`);
  }
}

function copies(tensor: Tensor, count: number): Tensor[] {
  return Array.from({ length: count }, (_, rank) =>
    rank === 0 ? tensor : { spec: tensor.spec, data: tensor.data.slice() },
  );
}

function reduced(ranks: readonly Tensor[], reduction: string): Tensor {
  const sum = floats(ranks[0]!).slice();
  for (const tensor of ranks.slice(1)) {
    const values = floats(tensor);
    if (reduction === 'max') for (let i = 0; i < sum.length; i++) sum[i] = Math.max(sum[i]!, values[i]!);
    else for (let i = 0; i < sum.length; i++) sum[i]! += values[i]!;
  }
  if (reduction === 'mean') for (let i = 0; i < sum.length; i++) sum[i]! /= ranks.length;
  return { spec: ranks[0]!.spec, data: sum satisfies FloatData };
}

/** `count` equal parts along an axis. */
function parts({ spec: { dtype, shape }, data }: Tensor, axis: number, count: number): Tensor[] {
  const extent = shape[axis]! / count;
  const inner = elementCount(shape.slice(axis + 1)) * extent;
  const outer = elementCount(shape.slice(0, axis));
  return Array.from({ length: count }, (_, part) => {
    const piece = data.slice(0, outer * inner) as TensorData;
    for (let row = 0; row < outer; row++) {
      const from = (row * count + part) * inner;
      setFrom(piece, row * inner, data.subarray(from, from + inner) as TensorData);
    }
    return { spec: { dtype, shape: shape.with(axis, extent) }, data: piece };
  });
}

/** Tensors of one shape, one after the other along an axis. */
function joined(tensors: readonly Tensor[], axis: number): Tensor {
  const { dtype, shape } = tensors[0]!.spec;
  const count = tensors.length;
  const inner = elementCount(shape.slice(axis));
  const outer = elementCount(shape.slice(0, axis));
  const make = tensors[0]!.data.constructor as new (length: number) => TensorData;
  const data = new make(count * inner * outer);
  for (const [rank, tensor] of tensors.entries()) {
    for (let row = 0; row < outer; row++) {
      const from = row * inner;
      setFrom(data, (row * count + rank) * inner, tensor.data.subarray(from, from + inner) as TensorData);
    }
  }
  return { spec: { dtype, shape: shape.with(axis, shape[axis]! * count) }, data };
}

/** Copies between arrays of one kind, which the types of their union cannot say. */
function setFrom(target: TensorData, offset: number, source: TensorData): void {
  (target as Float32Array).set(source as Float32Array, offset);
}
