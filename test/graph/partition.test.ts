import { expect, test } from 'vitest';
import { GraphBuilder } from '../../graph/builder.ts';
import { add, neg } from '../../graph/ops/elementwise.ts';
import { noOp, placeholder } from '../../graph/ops/state.ts';
import { partition } from '../../graph/partition.ts';
import { graphText, partitionedText } from '../../graph/text.ts';

function authored() {
  const builder = new GraphBuilder();
  const x = builder.add(
    placeholder,
    [],
    { dtype: 'float32', shape: [2, 3] },
    { name: 'x', device: '/device:CPU:0' },
  );
  const [a, b] = builder.scope('layer', () => [builder.add(neg, [x], {}), builder.add(neg, [x], {})]);
  const sum = builder.add(add, [a!, b!], {}, { name: 'sum' });
  builder.node(noOp, [], {}, { name: 'done', control: [sum.node] });
  return builder.finish();
}

test('a graph has a text form', () => {
  expect(graphText(authored())).toBe(
    `x = Placeholder() {dtype: "float32", shape: [2,3]} -> float32[2,3] @/device:CPU:0
layer/Neg = Neg(x:0) -> float32[2,3]
layer/Neg_1 = Neg(x:0) -> float32[2,3]
sum = Add(layer/Neg:0, layer/Neg_1:0) -> float32[2,3]
done = NoOp(^sum)
`,
  );
});

test('a tensor crosses once per target device, whoever consumes it there; a control edge moves no bytes', () => {
  // x on A; both negations and their sum on B; done on A again.
  const p = partition(authored(), ['A', 'B'], Int32Array.of(0, 1, 1, 1, 0));
  expect(partitionedText(p)).toBe(
    `A
  x = Placeholder() {dtype: "float32", shape: [2,3]} -> float32[2,3]
  done = NoOp(^sum)
  Send x:0;A;B
  Recv ^sum;B;A -> float32[0]

B
  layer/Neg = Neg(x:0) -> float32[2,3]
  layer/Neg_1 = Neg(x:0) -> float32[2,3]
  sum = Add(layer/Neg:0, layer/Neg_1:0) -> float32[2,3]
  Recv x:0;A;B -> float32[2,3]
  Send ^sum;B;A
`,
  );
  expect([...p.transferBytes]).toEqual([24, 0]);
  // Both negations read the one delivered tensor: slot 4 + 0 after the graph's own four.
  expect([...p.inputSlot]).toEqual([4, 4, 1, 2]);
  // Sends and Recvs wait for one thing each; the sum for two.
  expect([...p.pending]).toEqual([0, 1, 1, 2, 1, 1, 1, 1, 1]);
});
