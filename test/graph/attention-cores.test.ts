import { expect, test } from 'vitest';
import { attentionCores } from '../../graph/attention-cores.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { MODELS } from '../../graph/zoo/index.ts';

test.each([
  ['gpt', { layers: 3 }, 3],
  ['bert-base', { layers: 2 }, 2],
  // Encoder, decoder, and from the one to the other.
  ['transformer-base', { layers: 2 }, 6],
  ['resnet-50', {}, 0],
])('%s %o has %i cores of attention', (name, settings, expected) => {
  const builder = new GraphBuilder();
  MODELS[name]!.with(settings).build(builder, { batch: 2, dtype: 'float32' });
  const cores = attentionCores(builder.nodes);
  expect(1 + Math.max(...cores)).toBe(expected);
  for (let core = 0; core < expected; core++) {
    const ops = builder.nodes.filter(({ id }) => cores[id] === core).map(({ op }) => op.name);
    expect(ops.filter((op) => op !== 'Add')).toEqual(['MatMul', 'Softmax', 'MatMul']);
  }
});
