import { expect, it, test } from 'vitest';
import { GraphBuilder, type NodeHandle, type Value } from '../../graph/builder.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import type { Model } from '../../graph/zoo/model.ts';

/** The node and all that it is computed from. */
function ancestors(end: NodeHandle): Set<NodeHandle> {
  const found = new Set([end]);
  for (const node of found) for (const input of node.inputs) found.add(input.node);
  return found;
}

/** Whether a value is everywhere: fed, a variable, or made of constants only; or a number for the loss. */
function isEverywhere({ node, spec }: Value): boolean {
  if (spec.shape.length === 0) return true;
  if (node.op.name === 'Placeholder' || node.op.name === 'Variable') return true;
  return [...ancestors(node)].every(({ op }) => op.name !== 'Placeholder' && op.name !== 'Variable');
}

function built(model: Model) {
  return model.build(new GraphBuilder(), { batch: 2, dtype: 'float32' });
}

test.each(Object.values(MODELS).filter((model) => (built(model).cuts ?? []).length > 0))(
  '$name: what follows a cut needs nothing before it but the cut',
  (model) => {
    const { cuts, loss } = built(model);
    const all = ancestors(loss.node);
    let last = -1;
    for (const cut of cuts!) {
      expect(cut.node.id).toBeGreaterThan(last);
      last = cut.node.id;
      const crossing = [...all].flatMap((node) =>
        node.id <= last
          ? []
          : node.inputs.filter((input) => input.node.id <= last && input !== cut && !isEverywhere(input)),
      );
      expect(crossing.map(({ node }) => node.name)).toEqual([]);
    }
  },
);

it('is between the blocks of a Transformer', () => {
  const cutsOf = (name: string, layers: number) =>
    built(MODELS[name]!.with({ layers, heads: 2, width: 8, length: 4, masked: 2, vocabulary: 16 })).cuts!.map(
      ({ node }) => node.name.split('/')[0],
    );
  expect(cutsOf('gpt', 3)).toEqual(['block1', 'block2']);
  expect(cutsOf('bert-base', 4)).toEqual(['block1', 'block2', 'block3']);
  expect(cutsOf('transformer-base', 2)).toEqual(['encoder1', 'encoder2']);
});
