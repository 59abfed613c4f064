import { describe, expect, it } from 'vitest';
import { evaluateNode } from '../../../executor/evaluate.ts';
import { Session } from '../../../executor/session.ts';
import { GraphBuilder } from '../../../graph/builder.ts';
import { importOnnx } from '../../../graph/import/onnx/importer.ts';
import { type TrainableOptions, trainable } from '../../../graph/import/trainable.ts';
import { gradientDescent } from '../../../graph/optimizers/gradient-descent.ts';
import { minimize } from '../../../graph/optimizers/minimize.ts';
import { float32, numbers, tensor } from '../../../graph/tensor.ts';
import type { Model } from '../../../graph/zoo/model.ts';
import { node, onnxFile } from './onnx/onnx-file.ts';

/* A classifier of a file, trained: logits = x · w, x: [batch, 2], w: [2, 3]. */

const W = [1, 2, 3, 4, 5, 6];
const FILE = onnxFile(
  {
    inputs: [['x', 'float32', ['batch', 2]]],
    initializers: { w: float32([2, 3], W) },
    nodes: [node('MatMul', ['x', 'w'], ['logits']), node('Relu', ['logits'], ['unused'])],
    outputs: ['logits', 'unused'],
  },
  17,
);
const importFor = (batch: number) =>
  importOnnx(FILE, { file: 'line.onnx', evaluate: evaluateNode, dims: { batch } });
const model = (options: Partial<TrainableOptions> = {}): Model =>
  trainable(importFor, { name: 'line', ...options });

function built(of: Model, batch: number, dtype: 'float32' | 'bfloat16' = 'float32') {
  const builder = new GraphBuilder();
  return { builder, outputs: of.build(builder, { batch, dtype }) };
}

describe('trainable', () => {
  it('has the loss and the gradients of its logits', () => {
    const { builder, outputs } = built(model(), 1);
    const { train } = minimize(builder, outputs.loss, outputs.parameters, gradientDescent(1));
    const session = new Session(builder.finish());
    const feeds = { x: float32([1, 2], [1, -1]), labels: tensor('int64', [1], [2]) };
    const [logits, loss] = session.run({
      feeds,
      fetches: [outputs.logits.node.name, outputs.loss.node.name],
    });
    // x · w = (1 − 4, 2 − 5, 3 − 6): all scores are equal, so each class has the probability 1/3.
    expect(numbers(logits!)).toEqual([-3, -3, -3]);
    expect(numbers(loss!)[0]).toBeCloseTo(Math.log(3), 6);
    session.run({ feeds, targets: [train.name] });
    // d(loss)/d(w) = xᵀ · (softmax − one-hot), x = (1, −1).
    const slope = [1 / 3, 1 / 3, -2 / 3];
    const expected = [...slope.map((s, i) => W[i]! - s), ...slope.map((s, i) => W[3 + i]! + s)];
    const [parameter] = outputs.parameters;
    const now = numbers(session.variables.readVariable(parameter!.node.name)!);
    for (const [i, value] of expected.entries()) expect(now[i]).toBeCloseTo(value, 6);
  });

  it('is of the batch that is asked for, under any name', () => {
    const { outputs } = built(model().with({}, { name: 'other', description: '' }), 7);
    expect(outputs.logits.spec.shape).toEqual([7, 3]);
    expect(outputs.labels.spec).toEqual({ dtype: 'int64', shape: [7] });
    expect(outputs.feeds.map(({ below }) => below)).toEqual([undefined, 3]);
    expect(model().with({}, { name: 'other', description: '' }).name).toBe('other');
  });

  it.each<[string, () => unknown, RegExp]>([
    ['an output that is not there', () => built(model({ logits: 'logit' }), 1), /^line: .*logit.*logits/],
    ['a type that is not the file’s', () => built(model(), 1, 'bfloat16'), /^line: .*bfloat16/],
    [
      'a file of one size of batch',
      () =>
        built(
          trainable(() => importFor(4), { name: 'four' }),
          8,
        ),
      /^four: no input has 8 samples/,
    ],
    ['ranks', () => model().indivisible({ tensor: 2, sequence: false, expert: 1 }) ?? '', /./],
  ])('refuses %s', (_, act, reason) => {
    let said = '';
    try {
      said = String(act());
    } catch (error) {
      said = (error as Error).message;
    }
    expect(said).toMatch(reason);
  });
});
