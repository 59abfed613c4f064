import { describe, expect, it, test } from 'vitest';
import { plainBackend } from '../../executor/backend.ts';
import type { CostedOp, LoopOp } from '../../executor/kernel.ts';
import { Session } from '../../executor/session.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type NodeHandle, type Value } from '../../graph/builder.ts';
import type { Op } from '../../graph/op.ts';
import { add, mul } from '../../graph/ops/elementwise.ts';
import { OPS, type OpName } from '../../graph/ops/index.ts';
import { reduceSum } from '../../graph/ops/reduction.ts';
import { constant, placeholder, variable } from '../../graph/ops/state.ts';
import { numbers, type Tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { CASES, type OpCase } from '../graph/ops-cases.ts';

/** Ops that a session's own loop performs; they have no kernel, and tests of their own. */
const LOOP_OPS: Record<LoopOp, true> = {
  Placeholder: true,
  Send: true,
  Recv: true,
  AccumulatorApply: true,
  AccumulatorTake: true,
  TokenEnqueue: true,
  TokenDequeue: true,
  QueueEnqueue: true,
  QueueDequeue: true,
  QueueClose: true,
  QueueSize: true,
  ClockWait: true,
  ClockTick: true,
  AllReduce: true,
  ReduceScatter: true,
  AllGather: true,
  AllToAll: true,
};

/** Ops that only cost. */
const COSTED_OPS: Record<CostedOp, true> = { Opaque: true };

/** Ops on files: tested in checkpoint/. */
const FILE_OPS: readonly string[] = ['Save', 'Restore'];

const names = (Object.keys(OPS) as OpName[]).filter(
  (name) => !(name in LOOP_OPS) && !(name in COSTED_OPS) && !FILE_OPS.includes(name),
);

interface Built {
  readonly builder: GraphBuilder;
  readonly inputs: readonly Value[];
  readonly node: NodeHandle;
  readonly feeds: Record<string, Tensor>;
}

function build(name: OpName, { inputs, attrs, onVariable }: OpCase): Built {
  const builder = new GraphBuilder();
  const feeds: Record<string, Tensor> = {};
  const values = inputs.map((input, i) => {
    const { dtype, shape } = input.spec;
    if (i < Number(onVariable ?? 0)) {
      return builder.add(variable, [], { dtype, shape, trainable: true, initializer: 'ones' });
    }
    feeds[`x${i}`] = input;
    return builder.add(placeholder, [], { dtype, shape }, { name: `x${i}` });
  });
  const node = builder.node(OPS[name] as Op<never>, values, attrs as never, { name: 'y' });
  return { builder, inputs: values, node, feeds };
}

test('every op with a kernel has a case', () => {
  expect(names.filter((name) => (CASES[name] ?? []).length === 0)).toEqual([]);
});

describe('the kernel makes what infer promised', () => {
  for (const name of names) {
    for (const opCase of CASES[name] ?? []) {
      it(`${name}: ${opCase.what}`, () => {
        const { builder, node, feeds } = build(name, opCase);
        const session = new Session(builder.finish(), { backend: plainBackend() });
        const fetches = node.outputs.map((_, i) => `y:${i}`);
        const outputs = session.run({ fetches, targets: ['y'], feeds });
        const declared = node.outputs.map(({ spec: { dtype, shape } }) => ({ dtype, shape }));
        expect(outputs.map(({ spec }) => spec)).toEqual(declared);
        for (const { data, spec } of outputs) expect(data.length).toBe(elementCount(spec.shape));
      });
    }
  }
});

/** Inputs that a case differentiates. */
function wrtOf(opCase: OpCase): readonly number[] {
  return opCase.wrt ?? [...opCase.inputs.keys()].filter((i) => opCase.inputs[i]!.spec.dtype === 'float32');
}

test('every op with a gradient has a case that differentiates it', () => {
  const missing = names.filter(
    (name) => 'gradient' in OPS[name] && !(CASES[name] ?? []).some((opCase) => wrtOf(opCase).length > 0),
  );
  expect(missing).toEqual([]);
});

/** Fixed weights of an output's elements in the loss, all different: 0.3, 0.47, 0.64 … with alternating sign. */
function lossWeights(count: number): number[] {
  return Array.from({ length: count }, (_, i) => (0.3 + ((0.17 * i) % 1)) * (i % 2 === 0 ? 1 : -1));
}

/** Half the distance of a central difference; its error is step² · f''' / 6, about 1e−5 here. */
const STEP = 1 / 128;

describe('gradients agree with central differences', () => {
  for (const name of names.filter((name) => 'gradient' in OPS[name])) {
    for (const opCase of (CASES[name] ?? []).filter((opCase) => wrtOf(opCase).length > 0)) {
      it(`${name}: ${opCase.what}`, () => checkGradient(name, opCase));
    }
  }
});

function checkGradient(name: OpName, opCase: OpCase): void {
  const { builder, inputs, node, feeds } = build(name, opCase);
  const lossOf = opCase.lossOf ?? [...node.outputs.keys()];
  const wrt = wrtOf(opCase);
  // loss = Σ weight · output
  const terms = lossOf.map((index) => {
    const output = node.outputs[index]!;
    const { dtype, shape } = output.spec;
    const value = lossWeights(elementCount(shape));
    const weights = builder.add(constant, [], { dtype, shape, value });
    return builder.add(reduceSum, [builder.add(mul, [output, weights], {})], { keepdims: false });
  });
  const loss = terms.reduce((sum, term) => builder.add(add, [sum, term], {}));
  const slopes = gradients(
    builder,
    loss,
    wrt.map((i) => inputs[i]!),
  );
  const session = new Session(builder.finish(), { backend: plainBackend() });
  const outputNames = lossOf.map((index) => `y:${index}`);
  /** The loss summed here in float64, so that only the op's own rounding is in it. */
  const lossAt = (changed: Record<string, Tensor>): number => {
    let sum = 0;
    for (const output of session.run({ fetches: outputNames, feeds: changed })) {
      const weights = lossWeights(output.data.length);
      for (const [i, value] of numbers(output).entries()) sum += weights[i]! * value;
    }
    return sum;
  };

  const computed = session.run({
    fetches: slopes.map((slope) => `${slope.node.name}:${slope.index}`),
    feeds,
  });
  for (const [at, i] of wrt.entries()) {
    const input = opCase.inputs[i]!;
    const shifted = (element: number, by: number): Record<string, Tensor> => {
      const data = Float32Array.from(input.data as Float32Array);
      data[element]! += by;
      return { ...feeds, [`x${i}`]: { spec: input.spec, data } };
    };
    const slope = computed[at]!;
    expect(slope.spec).toEqual(input.spec);
    for (const [element, value] of numbers(slope).entries()) {
      const difference = (lossAt(shifted(element, STEP)) - lossAt(shifted(element, -STEP))) / (2 * STEP);
      expect(
        Math.abs(value - difference),
        `input ${i}, element ${element}: ${value}, ${difference}`,
      ).toBeLessThan(1e-3 * (1 + Math.abs(difference)));
    }
  }
}

test('gradients of gradients: the second derivative of x³ is 6x', () => {
  const builder = new GraphBuilder();
  const x = builder.add(placeholder, [], { dtype: 'float32', shape: [] }, { name: 'x' });
  const cube = builder.add(mul, [builder.add(mul, [x, x], {}), x], {});
  const [first] = gradients(builder, cube, [x]);
  const [second] = gradients(builder, first!, [x]);
  const session = new Session(builder.finish(), { backend: plainBackend() });
  const feeds = { x: { spec: x.spec, data: Float32Array.of(1.5) } };
  const fetches = [first!, second!].map((value) => value.node.name);
  expect(session.run({ fetches, feeds }).map(numbers)).toEqual([[3 * 1.5 ** 2], [6 * 1.5]]);
});
