import type { Work } from '../../base/work.ts';
import type { Value } from '../builder.ts';
import { fail, type GradientCall, type Op } from '../op.ts';
import { formatSpec, sameShape, type TensorSpec } from '../tensor-spec.ts';
import { floatType } from './checks.ts';
import { bytesOf } from './costs.ts';
import { cellActivations } from './recurrent-activations.ts';

/** Inputs of a recurrent layer by ONNX's names, in ONNX's order. */
export const RECURRENT_INPUTS = ['X', 'W', 'R', 'B', 'sequence_lens', 'initial_h', 'initial_c', 'P'] as const;
export type RecurrentInput = (typeof RECURRENT_INPUTS)[number];

/** ONNX's attributes of LSTM, GRU and RNN. */
export type RecurrentAttrs = {
  readonly hidden_size: number;
  /** Which input each given one is; default: the first ones, in ONNX's order. */
  readonly inputs?: readonly string[];
  readonly direction?: 'forward' | 'reverse' | 'bidirectional';
  /** Per direction and gate function; ONNX's defaults where not given. */
  readonly activations?: readonly string[];
  readonly activation_alpha?: readonly number[];
  readonly activation_beta?: readonly number[];
  /** Bound of what goes into the gates' activations, ±clip. */
  readonly clip?: number;
  /** 0: time before batch; 1: batch before time. */
  readonly layout?: 0 | 1;
  /** LSTM: the forget gate is 1 − the input gate. */
  readonly input_forget?: boolean;
  /** GRU: the reset gate multiplies R·h + its bias, rather than h. */
  readonly linear_before_reset?: boolean;
};

/** What distinguishes the three cells. */
interface CellKind {
  readonly name: 'LSTM' | 'GRU' | 'RNN';
  readonly gates: 4 | 3 | 1;
  readonly inputs: readonly RecurrentInput[];
  /**
   * Flops per hidden unit and step beside the products: sums of X·W and R·h (one per gate), activations, and the
   * state; with biases one more per gate, with peepholes 6.
   */
  readonly flops: number;
}

const without = (...names: RecurrentInput[]) => RECURRENT_INPUTS.filter((name) => !names.includes(name));

export const CELLS = {
  // 4 sums, 5 activations, c = f·c + i·g: 3, h = o·h(c): 1
  LSTM: { name: 'LSTM', gates: 4, inputs: RECURRENT_INPUTS, flops: 13 },
  // 3 sums, 3 activations, r·h: 1, h = (1 − z)·g + z·h: 4
  GRU: { name: 'GRU', gates: 3, inputs: without('initial_c', 'P'), flops: 11 },
  // 1 sum, 1 activation
  RNN: { name: 'RNN', gates: 1, inputs: without('initial_c', 'P'), flops: 2 },
} as const satisfies Record<string, CellKind>;

/** Extents of a layer: time steps, batch, input and hidden size, directions. */
export interface RecurrentExtents {
  readonly steps: number;
  readonly batch: number;
  readonly input: number;
  readonly hidden: number;
  readonly directions: number;
  readonly gates: number;
}

/** The given inputs by name. */
export function recurrentInputs<T>(
  cell: CellKind,
  given: readonly T[],
  { inputs = cell.inputs.slice(0, given.length) }: RecurrentAttrs,
): ReadonlyMap<RecurrentInput, T> {
  if (inputs.length !== given.length) fail(`names ${inputs.length} inputs, given ${given.length}`);
  const named = new Map<RecurrentInput, T>();
  for (const [i, input] of given.entries()) {
    const name = inputs[i] as RecurrentInput;
    if (!cell.inputs.includes(name)) fail(`has no input ${name}`);
    named.set(name, input);
  }
  for (const name of ['X', 'W', 'R'] as const) if (!named.has(name)) fail(`the input ${name} is missing`);
  return named;
}

export function recurrentExtents(
  { gates }: CellKind,
  x: TensorSpec,
  { hidden_size: hidden, direction = 'forward', layout = 0 }: RecurrentAttrs,
): RecurrentExtents {
  if (x.shape.length !== 3) fail(`X must have 3 axes, has ${x.shape.length}`);
  const [first, second, input] = x.shape as [number, number, number];
  const [steps, batch] = layout === 0 ? [first, second] : [second, first];
  return { steps, batch, input, hidden, directions: direction === 'bidirectional' ? 2 : 1, gates };
}

/** Shapes of the inputs and outputs of a layer. */
function shapes(e: RecurrentExtents, layout: 0 | 1): Record<RecurrentInput | 'Y', readonly number[]> {
  const { steps, batch, input, hidden, directions, gates } = e;
  const state = layout === 0 ? [directions, batch, hidden] : [batch, directions, hidden];
  return {
    X: layout === 0 ? [steps, batch, input] : [batch, steps, input],
    W: [directions, gates * hidden, input],
    R: [directions, gates * hidden, hidden],
    B: [directions, 2 * gates * hidden],
    sequence_lens: [batch],
    initial_h: state,
    initial_c: state,
    P: [directions, 3 * hidden],
    Y: layout === 0 ? [steps, directions, batch, hidden] : [batch, steps, directions, hidden],
  };
}

/** Specs of Y, Y_h and, for an LSTM, Y_c. */
function inferLayer(cell: CellKind, specs: readonly TensorSpec[], attrs: RecurrentAttrs): TensorSpec[] {
  const named = recurrentInputs(cell, specs, attrs);
  const { layout = 0 } = attrs;
  const e = recurrentExtents(cell, named.get('X')!, attrs);
  if (!(Number.isInteger(e.hidden) && e.hidden > 0)) fail(`a hidden_size of ${e.hidden}`);
  cellActivations(cell.name, e.directions, attrs);
  const expected = shapes(e, layout);
  for (const [name, spec] of named) {
    if (!sameShape(spec.shape, expected[name])) {
      fail(`${name} is ${formatSpec(spec)}, not [${expected[name].join(',')}]`);
    }
  }
  const lengths = named.get('sequence_lens');
  if (lengths !== undefined && lengths.dtype !== 'int32' && lengths.dtype !== 'int64') {
    fail(`sequence_lens must be int32, is ${lengths.dtype}`);
  }
  const dtype = floatType([...named].filter(([name]) => name !== 'sequence_lens').map(([, spec]) => spec));
  const state = { dtype, shape: expected.initial_h };
  const last = cell.name === 'LSTM' ? [state, state] : [state];
  return [{ dtype, shape: expected.Y }, ...last];
}

/**
 * Work of `passes` times the layer's products. A step needs the one before, so its product has the rows of one batch
 * alone, and R is read again at each step. Sequences count as of full length.
 */
function layerWork(
  cell: CellKind,
  layer: readonly TensorSpec[],
  attrs: RecurrentAttrs,
  passes: 1 | 2,
  read: readonly TensorSpec[],
  written: readonly TensorSpec[],
): Work {
  const named = recurrentInputs(cell, layer, attrs);
  const r = named.get('R')!;
  const { steps, batch, input, hidden, directions, gates } = recurrentExtents(cell, named.get('X')!, attrs);
  const count = steps * directions;
  const perUnit =
    cell.flops +
    (named.has('B') ? gates : 0) +
    (named.has('P') ? 6 : 0) +
    (attrs.clip === undefined ? 0 : 2 * gates);
  const product = 2 * batch * gates * hidden * (input + hidden);
  return {
    class: 'matmul',
    dtype: r.dtype,
    flops: passes * count * (product + perUnit * batch * hidden),
    bytesRead: bytesOf(read) + Math.max(0, steps - 1) * bytesOf([r]),
    bytesWritten: bytesOf(written),
    gemm: { m: batch, n: gates * hidden, k: input + hidden, count: passes * count, steps },
  };
}

/** (dY, dY_h [, dY_c]) of the outputs; zeros where none arrived are left out by name. */
export type RecurrentGradAttrs = RecurrentAttrs & {
  /** Which outputs' gradients are given, before the layer's own inputs. */
  readonly given: readonly string[];
};

const OUTPUTS = ['Y', 'Y_h', 'Y_c'] as const;

function layer(cell: CellKind, grad: Op<RecurrentGradAttrs>): Op<RecurrentAttrs> {
  return {
    name: cell.name,
    infer: (inputs, attrs) => inferLayer(cell, inputs, attrs),
    cost: (inputs, outputs, attrs) => layerWork(cell, inputs, attrs, 1, inputs, outputs),
    gradient: ({ builder, inputs, attrs, dy }: GradientCall<RecurrentAttrs>) => {
      const given = OUTPUTS.filter((_, i) => dy[i] !== undefined);
      const arrived = dy.filter((value): value is Value => value !== undefined);
      const names = [...recurrentInputs(cell, inputs, attrs).keys()];
      const { outputs } = builder.node(grad, [...arrived, ...inputs], { ...attrs, inputs: names, given });
      let at = 0;
      return names.map((name) => (name === 'sequence_lens' ? undefined : outputs[at++]));
    },
  };
}

/**
 * Gradients of the given floating-point inputs, in order, by backpropagation through time: twice the products of the
 * forward pass (by the inputs and by the weights). What the gates gave counts as kept from the forward pass.
 */
function layerGrad(cell: CellKind): Op<RecurrentGradAttrs> {
  const own = (inputs: readonly TensorSpec[], { given }: RecurrentGradAttrs) => inputs.slice(given.length);
  return {
    name: `${cell.name}Grad`,
    infer: (inputs, attrs) => {
      const rest = own(inputs, attrs);
      const outputs = inferLayer(cell, rest, attrs);
      for (const [i, name] of attrs.given.entries()) {
        const wanted = outputs[OUTPUTS.indexOf(name as (typeof OUTPUTS)[number])];
        if (wanted === undefined) fail(`has no output ${name}`);
        if (!sameShape(wanted.shape, inputs[i]!.shape))
          fail(`the gradient of ${name} differs from it in shape`);
      }
      return [...recurrentInputs(cell, rest, attrs)]
        .filter(([name]) => name !== 'sequence_lens')
        .map(([, spec]) => spec);
    },
    cost: (inputs, outputs, attrs) => layerWork(cell, own(inputs, attrs), attrs, 2, inputs, outputs),
  };
}

const lstmGrad = layerGrad(CELLS.LSTM);
const gruGrad = layerGrad(CELLS.GRU);
const rnnGrad = layerGrad(CELLS.RNN);

/**
 * Long short-term memory with peepholes (ONNX LSTM; Hochreiter & Schmidhuber 1997, Gers & Schmidhuber 2000):
 * (X, W, R [, B, sequence_lens, initial_h, initial_c, P]) → Y, Y_h, Y_c. Gates in the order i, o, f, c:
 * i = f(X·Wi + h·Ri + Pi·c + bi), f likewise, c' = f·c + i·g(X·Wc + h·Rc + bc), o = f(X·Wo + h·Ro + Po·c' + bo),
 * h' = o·h(c').
 */
export const lstm = layer(CELLS.LSTM, lstmGrad);

/**
 * Gated recurrent unit (ONNX GRU; Cho et al. 2014): (X, W, R [, B, sequence_lens, initial_h]) → Y, Y_h. Gates in the
 * order z, r, h: h' = (1 − z)·g(X·Wh + (r·h)·Rh + bh) + z·h.
 */
export const gru = layer(CELLS.GRU, gruGrad);

/** Elman's network (ONNX RNN): (X, W, R [, B, sequence_lens, initial_h]) → Y, Y_h; h' = f(X·W + h·R + b). */
export const rnn = layer(CELLS.RNN, rnnGrad);

export const ROWS = {
  LSTM: lstm,
  LSTMGrad: lstmGrad,
  GRU: gru,
  GRUGrad: gruGrad,
  RNN: rnn,
  RNNGrad: rnnGrad,
};
