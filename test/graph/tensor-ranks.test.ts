import { describe, expect, it } from 'vitest';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder, type NodeHandle, type Value } from '../../graph/builder.ts';
import { graphWork } from '../../graph/cost.ts';
import { type Graph, parameterCount } from '../../graph/graph.ts';
import { noOp } from '../../graph/ops/state.ts';
import { withoutDeadNodes } from '../../graph/prune.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import type { ModelPart } from '../../graph/zoo/model.ts';
import { configured } from '../../graph/zoo/settings.ts';

const [BATCH, LENGTH, WIDTH, HEADS, LAYERS, VOCABULARY] = [3, 16, 8, 4, 3, 64];
const gpt = configured(MODELS.gpt!, {
  layers: LAYERS,
  width: WIDTH,
  heads: HEADS,
  length: LENGTH,
  vocabulary: VOCABULARY,
});

function part(rank: number, ranks: number, sequence: boolean): ModelPart {
  return { tensor: { rank, ranks, group: 'tensor/{data}', algorithm: 'ring' }, sequence };
}

/** Forward and backward, without what no gradient or loss needs. */
function step(of?: ModelPart): { readonly nodes: readonly NodeHandle[]; readonly graph: Graph } {
  const builder = new GraphBuilder();
  const { loss, parameters } = gpt.build(builder, { batch: BATCH, dtype: 'float32', part: of });
  const slopes = gradients(builder, loss, parameters);
  builder.node({ ...noOp, effect: true }, [loss, ...slopes], {}, { name: 'all' });
  const graph = withoutDeadNodes(builder.finish());
  const kept = new Set(graph.name);
  return { nodes: builder.nodes.filter(({ name }) => kept.has(name)), graph };
}

/** How often each collective is in the forward and backward graph, and elements of the whole tensor of each. */
function exchanges(nodes: readonly NodeHandle[], scope: RegExp): { [op: string]: number[] } {
  const found: { [op: string]: number[] } = {};
  for (const { name, op, inputs, outputs } of nodes) {
    if (!/^(All|ReduceScatter)/.test(op.name) || !scope.test(name)) continue;
    const sizes = [inputs[0]!, outputs[0]!].map(({ spec }) => elementCount(spec.shape));
    found[op.name] = [...(found[op.name] ?? []), Math.max(...sizes)];
  }
  return found;
}

const ROWS = BATCH * LENGTH;

describe.each([1, 2, 3])('block %i', (block) => {
  const scope = new RegExp(`^(gradients/)?block${block}/`);
  const all = new Array(4).fill(ROWS * WIDTH);

  // Shoeybi et al. 2019, section 3: "4 total communication operations in the forward and backward pass of a single model
  // parallel transformer layer", each of batch · length · width elements.
  it('exchanges 4 tensors of all words by all-reduce', () => {
    expect(exchanges(step(part(0, 4, false)).nodes, scope)).toEqual({ AllReduce: all });
  });

  // Korthikanti et al. 2022, section 4.2.2: "four all-gathers and four reduce-scatters in a single forward and backward pass"
  // instead, which move as much as the four all-reduces; and "an extra all-gather in the backward pass" for each of the two
  // gathered inputs, which are not kept.
  it('exchanges them by 4 and 2 all-gathers and 4 reduce-scatters where words are divided', () => {
    expect(exchanges(step(part(0, 4, true)).nodes, scope)).toEqual({
      AllGather: [...all, ROWS * WIDTH, ROWS * WIDTH],
      ReduceScatter: all,
    });
  });
});

// Of the embedding forward, of the logits backward, and three numbers of each row of the loss (Shoeybi et al. 2019, section 3).
it('exchanges the vectors of words, what the logits come from, and three numbers per word', () => {
  const outside = /^(?!(gradients\/)?block)/;
  const vectors = ROWS * WIDTH;
  expect(exchanges(step(part(1, 2, false)).nodes, outside)).toEqual({
    AllReduce: [vectors, ROWS, ROWS, ROWS, vectors],
  });
  expect(exchanges(step(part(1, 2, true)).nodes, outside)).toEqual({
    ReduceScatter: [vectors, vectors],
    AllGather: [vectors, vectors, vectors],
    AllReduce: [ROWS, ROWS, ROWS],
  });
});

const macs = (graph: Graph): number =>
  graphWork(graph).reduce(
    (sum, { gemm }) => (gemm ? sum + gemm.m * gemm.n * gemm.k * (gemm.count ?? 1) : sum),
    0,
  );

it.each([
  [2, false],
  [4, false],
  [4, true],
])('gives each of %i ranks its share of all products, words divided: %s', (ranks, sequence) => {
  const whole = macs(step().graph);
  for (let rank = 0; rank < ranks; rank++) {
    expect(macs(step(part(rank, ranks, sequence)).graph) * ranks).toBe(whole);
  }
});

it.each([
  [2, false],
  [4, true],
])('gives each of %i ranks its share of all weights, words divided: %s', (ranks, sequence) => {
  // Per block 12·h² weights and 7·h biases of columns; 2·h biases of rows and 4·h of normalisations, which all ranks have.
  const shared = LAYERS * 6 * WIDTH + 2 * WIDTH + (sequence ? 0 : LENGTH * WIDTH);
  const divided =
    LAYERS * (12 * WIDTH ** 2 + 7 * WIDTH) + VOCABULARY * WIDTH + (sequence ? LENGTH * WIDTH : 0);
  expect(parameterCount(step().graph).elements).toBe(shared + divided);
  expect(parameterCount(step(part(0, ranks, sequence)).graph).elements).toBe(shared + divided / ranks);
});

/** Elements of what the forward graph of block 2 makes and backward reads, but for what has one per word. */
function keptElements(of?: ModelPart): number {
  const { nodes } = step(of);
  const isBackward = ({ name }: NodeHandle): boolean => name.startsWith('gradients/');
  // What computes nothing passes its input on.
  const made = (value: Value): Value =>
    ['Reshape', 'CopyToRanks'].includes(value.node.op.name) ? made(value.node.inputs[0]!) : value;
  const read = new Set(nodes.filter(isBackward).flatMap(({ inputs }) => inputs.map(made)));
  const own = [...read].filter(
    ({ node, spec }) =>
      node.name.startsWith('block2/') &&
      !['Variable', 'Constant'].includes(node.op.name) &&
      elementCount(spec.shape) > ROWS,
  );
  // Its output, which the next block keeps, counts for its input.
  return own.reduce((sum, { spec }) => sum + elementCount(spec.shape), 0);
}

// Korthikanti et al. 2022, table 2, in bytes of 16 bits: s·b·h·(10 + 24/t + 5·a·s/(h·t)) with t tensor ranks, and
// s·b·h/t·(34 + 5·a·s/h) where they divide words. Of the 10, two are masks of dropouts, which are none here; of the 5, three
// are of the attention's.
it.each([
  [1, false, 8, 24],
  [2, false, 8, 24],
  [4, false, 8, 24],
  [2, true, 0, 32],
  [4, true, 0, 32],
])(
  'keeps for backward on %i ranks, words divided: %s, what is published',
  (ranks, sequence, whole, divided) => {
    const bytes = ROWS * WIDTH * (whole + divided / ranks) + (2 * BATCH * HEADS * LENGTH ** 2) / ranks;
    expect(2 * keptElements(part(0, ranks, sequence))).toBe(bytes);
  },
);

const small = { layers: 2, width: 8, heads: 4, length: 4, vocabulary: 16 };

it.each([
  ['gpt', small],
  ['gpt-moe', small],
  ['transformer-base', { ...small, inner: 16 }],
  ['bert-base', { ...small, masked: 2 }],
])('%s has a gradient of each part of a parameter, in bfloat16', (name, values) => {
  const model = configured(MODELS[name]!, values);
  const sequence = model.splits!.includes('sequence');
  const builder = new GraphBuilder();
  const options = { batch: 2, dtype: 'bfloat16', part: part(1, 2, sequence) } as const;
  const { loss, parameters } = model.build(builder, options);
  const slopes = gradients(builder, loss, parameters);
  expect(slopes.map(({ spec }) => spec)).toEqual(parameters.map(({ spec }) => spec));
});

it('names the group as its part does', () => {
  const { nodes } = step(part(0, 2, false));
  const attrs = nodes.filter(({ op }) => op.name === 'AllReduce').map((node) => node.attrs);
  for (const { group, ranks, algorithm } of attrs) {
    expect({ group, ranks, algorithm }).toEqual({ group: 'tensor/{data}', ranks: 2, algorithm: 'ring' });
  }
});

it('authors the same nodes on all ranks', () => {
  const namesOf = (rank: number) => step(part(rank, 4, true)).nodes.map(({ name }) => name);
  for (const rank of [1, 2, 3]) expect(namesOf(rank)).toEqual(namesOf(0));
});

it('is as it is on one device where there is one rank', () => {
  const namesOf = (of?: ModelPart) => step(of).nodes.map(({ name }) => name);
  expect(namesOf(part(0, 1, true))).toEqual(namesOf());
});

it.each([
  ['gpt', { heads: 6, width: 12 }, 4, false, '4 tensor ranks do not divide 6 heads; 3 and 6 would'],
  [
    'gpt',
    { inner: 30, vocabulary: 40, heads: 4, width: 8 },
    4,
    false,
    '4 tensor ranks do not divide an inner width of 30; 3 and 5 would',
  ],
  [
    'gpt',
    { heads: 96, width: 96 },
    8,
    false,
    '8 tensor ranks do not divide a vocabulary of 50257; pad it as Megatron-LM does: vocabulary: 51200',
  ],
  [
    'gpt',
    { heads: 4, width: 8, length: 6, vocabulary: 64 },
    4,
    true,
    '4 tensor ranks do not divide a length of 6 words; 3 and 6 would',
  ],
  [
    'bert-base',
    { vocabulary: 30_720 },
    2,
    true,
    'bert-base cannot be divided by words among tensor ranks (sequence)',
  ],
  ['resnet-50', {}, 2, false, 'resnet-50 cannot be divided among tensor ranks'],
])('refuses %s of %o on %i ranks, words divided: %s', (name, values, ranks, sequence, message) => {
  const model = MODELS[name]!.with(values);
  expect(model.indivisible({ tensor: ranks, sequence, expert: 1 })).toBe(message);
  const build = () =>
    model.build(new GraphBuilder(), { batch: 1, dtype: 'float32', part: part(0, ranks, sequence) });
  expect(build).toThrow(message);
});

it('refuses experts where there are none', () => {
  const message = 'gpt has no experts to divide among ranks';
  expect(gpt.indivisible({ tensor: 1, sequence: false, expert: 2 })).toBe(message);
});
