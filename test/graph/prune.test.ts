import { expect, test } from 'vitest';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { add, neg } from '../../graph/ops/elementwise.ts';
import { applyGradientDescent, noOp, placeholder } from '../../graph/ops/state.ts';
import { prune, withoutDeadNodes } from '../../graph/prune.ts';
import { graphText } from '../../graph/text.ts';
import { MODELS } from '../../graph/zoo/index.ts';

test('pruning keeps what the roots need, over data and control edges', () => {
  const builder = new GraphBuilder();
  const scalar = { dtype: 'float32', shape: [] } as const;
  const a = builder.add(placeholder, [], scalar, { name: 'a' });
  const b = builder.add(placeholder, [], scalar, { name: 'b', colocateWith: a.node });
  const lost = builder.add(neg, [a], {}, { name: 'lost', colocateWith: a.node });
  const first = builder.node(noOp, [], {}, { name: 'first' });
  const sum = builder.add(add, [b, b], {}, { name: 'sum', device: '/device:GPU:0', control: [first] });
  builder.add(neg, [lost], {}, { name: 'alsoLost' });
  const last = builder.add(neg, [sum], {}, { name: 'last', colocateWith: b.node });

  const { graph, nodes, newNode, newTensor } = prune(builder.finish(), [last.node.id]);
  expect(graphText(graph)).toBe(
    [
      'b = Placeholder() {dtype: "float32", shape: []} -> float32[]',
      'first = NoOp()',
      'sum = Add(b:0, b:0, ^first) -> float32[] @/device:GPU:0',
      'last = Neg(sum:0) -> float32[]',
      '',
    ].join('\n'),
  );
  expect([...nodes]).toEqual([1, 3, 4, 6]);
  expect([...newNode]).toEqual([-1, 0, -1, 1, 2, -1, 3]);
  // tensors before: a, b, lost, sum, alsoLost, last
  expect([...newTensor]).toEqual([-1, 0, -1, 1, -1, 2]);
  expect([...graph.producer]).toEqual([0, 2, 3]);
  // a, the group's smallest member, is gone: b stands for it
  expect([...graph.colocation]).toEqual([0, 1, 2, 0]);
});

test('the gradient of a first layer towards its input is dead', () => {
  const builder = new GraphBuilder();
  const { loss, parameters } = MODELS['mnist-cnn']!.build(builder, { batch: 2, dtype: 'float32' });
  for (const [i, slope] of gradients(builder, loss, parameters).entries()) {
    builder.node(applyGradientDescent, [parameters[i]!, slope], { learningRate: 1 });
  }
  const graph = builder.finish();
  const inputGradients = (names: readonly string[]): string[] =>
    names.filter((name) => /ConvInputGrad/.test(name));
  expect(inputGradients(graph.name)).toEqual([
    'gradients/conv2/Conv/ConvInputGrad',
    'gradients/conv1/Conv/ConvInputGrad',
  ]);
  expect(inputGradients(withoutDeadNodes(graph).name)).toEqual(['gradients/conv2/Conv/ConvInputGrad']);
});
