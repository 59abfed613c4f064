import { describe, expect, it } from 'vitest';
import { Session } from '../../executor/session.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { numbers, tensor } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { configured } from '../../graph/zoo/settings.ts';

/*
 * A word is predicted from those before it and from nothing after it: what a mask that is transposed, or off by one, or a
 * sequence that is cut the wrong way round would break.
 */

const STEPS = 5;
const VOCABULARY = 11;

/** Logits of each word, where the placeholder `changed` ends in another word than usual. */
function logitsOf(name: string, settings: { readonly [key: string]: number }, changed?: string): number[][] {
  const builder = new GraphBuilder();
  const { feeds, logits } = configured(MODELS[name]!, { ...settings, vocabulary: VOCABULARY }).build(
    builder,
    {
      batch: 1,
      dtype: 'float32',
    },
  );
  const fed = feeds.map(({ value: { node, spec } }) => {
    const words = Array.from({ length: elementCount(spec.shape) }, (_, i) => (3 * i + 1) % VOCABULARY);
    if (node.name === changed) words[words.length - 1] = (words.at(-1)! + 1) % VOCABULARY;
    return [node.name, tensor('int64', spec.shape, words)] as const;
  });
  const session = new Session(builder.finish(), { seed: 1 });
  const [result] = session.run({ fetches: [`${logits.node.name}:0`], feeds: Object.fromEntries(fed) });
  const all = [...numbers(result!)];
  return Array.from({ length: STEPS }, (_, t) => all.slice(t * VOCABULARY, (t + 1) * VOCABULARY));
}

const small = { layers: 2, width: 8, heads: 2, length: STEPS };

describe.each([
  ['gpt', small, 'words'],
  ['gpt-moe', { ...small, experts: 4, capacity: 50 }, 'words'],
  ['transformer-base', { ...small, inner: 12 }, 'target'],
  ['lstm-512-512', { embedding: 6, hidden: 8, projection: 4, steps: STEPS }, 'words'],
  ['rnnlm', { embedding: 6, hidden: 8, steps: STEPS }, 'words'],
  ['nmt-4', { hidden: 8, steps: STEPS }, 'target'],
])('%s', (name, settings, words) => {
  it('predicts a word from those before it', () => {
    const usual = logitsOf(name, settings);
    const changed = logitsOf(name, settings, words);
    expect(changed.slice(0, -1)).toEqual(usual.slice(0, -1));
    expect(changed.at(-1)).not.toEqual(usual.at(-1));
  });
});

describe.each([
  ['transformer-base', { ...small, inner: 12 }],
  ['nmt-4', { hidden: 8, steps: STEPS }],
])('%s', (name, settings) => {
  it('reads the whole source before the first word', () => {
    expect(logitsOf(name, settings, 'source')[0]).not.toEqual(logitsOf(name, settings)[0]);
  });
});
