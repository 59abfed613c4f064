import { UserError } from '../../base/errors.ts';
import { type RandomStream, stream } from '../../base/random.ts';
import { literalTensor, type VariableAttrs, type VariableCopy } from '../../graph/ops/state.ts';
import { anyFloats, type Tensor, tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';

/** The first value of the variable `name` under `seed`: the same whenever and wherever it is asked for. */
export function initialValue(
  name: string,
  attrs: VariableAttrs,
  seed: number,
  nameIn = (pattern: string): string => pattern,
): Tensor {
  const { dtype, shape, initializer, value, copy } = attrs;
  if (copy !== undefined) return tensor(dtype, shape, copied(copy, attrs, seed, nameIn));
  if (value !== undefined) return literalTensor({ dtype, shape, value });
  if (initializer === 'zeros' || initializer === 'ones') {
    return tensor(dtype, shape, [initializer === 'ones' ? 1 : 0]);
  }
  const { whole = shape, origin, drawnAs = name } = attrs;
  const draw = drawer(name, attrs, stream(seed, 'initializer', drawnAs));
  // In float64, so that the type's own rounding is the only one.
  const all = Float64Array.from({ length: elementCount(whole) }, draw);
  return tensor(dtype, shape, origin === undefined ? all : partOf(all, whole, origin, shape));
}

/** The elements of a tensor of shape `whole` in the box of shape `shape` that begins at `origin`. */
function partOf(
  all: Float64Array,
  whole: readonly number[],
  origin: readonly number[],
  shape: readonly number[],
): Float64Array {
  const part = new Float64Array(elementCount(shape));
  const index = new Array<number>(shape.length).fill(0);
  for (let i = 0; i < part.length; i++) {
    let from = 0;
    for (let axis = 0; axis < shape.length; axis++) from = from * whole[axis]! + origin[axis]! + index[axis]!;
    part[i] = all[from]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return part;
}

/** What a variable has of the first value of another, as numbers of its own type. */
function copied(
  { of, attrs, part }: VariableCopy,
  { dtype, shape }: VariableAttrs,
  seed: number,
  nameIn: (pattern: string) => string,
): Float64Array {
  // A drawn value is not rounded to the other's type first.
  const all = initialValue(of, attrs.initializer === 'value' ? attrs : { ...attrs, dtype }, seed, nameIn);
  const elements = new Float64Array(elementCount(shape));
  const first = Number(nameIn(part)) * elements.length;
  elements.set(anyFloats(all).subarray(first, first + elements.length));
  return elements;
}

/** Draws one element; see Initializer for the distributions. */
function drawer(name: string, attrs: VariableAttrs, draws: RandomStream): () => number {
  const { low = -0.05, high = 0.05, mean = 0, deviation = 0.05 } = attrs;
  switch (attrs.initializer) {
    case 'uniform':
      return () => low + (high - low) * draws.uniform();
    case 'normal':
      return () => mean + deviation * draws.normal();
    case 'truncatedNormal':
      return () => mean + deviation * withinTwo(draws);
    case 'glorot': {
      const limit = Math.sqrt(6 / (fan(name, attrs, 'fanIn') + fan(name, attrs, 'fanOut')));
      return () => limit * (2 * draws.uniform() - 1);
    }
    case 'he': {
      const scale = Math.sqrt(2 / fan(name, attrs, 'fanIn'));
      return () => scale * draws.normal();
    }
    default:
      throw new UserError(
        `variable ${name}: no first value is known for the initializer ${attrs.initializer}`,
      );
  }
}

function fan(name: string, attrs: VariableAttrs, which: 'fanIn' | 'fanOut'): number {
  const count = attrs[which];
  if (count !== undefined && count > 0) return count;
  throw new UserError(`variable ${name}: the initializer ${attrs.initializer} needs ${which}`);
}

/** A standard normal number between −2 and 2: what lies outside is drawn again. */
function withinTwo(draws: RandomStream): number {
  for (;;) {
    const x = draws.normal();
    if (Math.abs(x) <= 2) return x;
  }
}
