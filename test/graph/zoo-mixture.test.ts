import { describe, expect, it, test } from 'vitest';
import { UserError } from '../../base/errors.ts';
import { stream } from '../../base/random.ts';
import { Session } from '../../executor/session.ts';
import { gradients } from '../../graph/autodiff.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { noOp, placeholder } from '../../graph/ops/state.ts';
import { withoutDeadNodes } from '../../graph/prune.ts';
import { float32, numbers } from '../../graph/tensor.ts';
import { elementCount } from '../../graph/tensor-spec.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import { Layers } from '../../graph/zoo/layers.ts';
import { mixture } from '../../graph/zoo/mixture.ts';
import { configured } from '../../graph/zoo/settings.ts';

interface Case {
  readonly experts: number;
  readonly chosen: number;
  readonly groups: number;
  readonly capacity: number;
}

const [WORDS, WIDTH, INNER] = [12, 3, 5];

/** Fetches what a mixture makes of random words, and the weights of its router and experts, as rows of numbers. */
function run(shape: Case) {
  const builder = new GraphBuilder();
  const layers = new Layers(builder, 'float32');
  const x = builder.add(placeholder, [], { dtype: 'float32', shape: [WORDS, WIDTH] }, { name: 'x' });
  const { result, imbalance } = mixture(layers, 'm', x, {
    ...shape,
    batch: 1,
    inner: INNER,
    activation: (y) => y,
  });
  const draws = stream(3, 'words');
  const words = Array.from({ length: WORDS * WIDTH }, () => 4 * draws.normal());
  const [y, sum, ...weights] = new Session(builder.finish(), { seed: 4 }).run({
    fetches: [result, imbalance, ...layers.parameters].map(({ node, index }) => `${node.name}:${index}`),
    feeds: { x: float32([WORDS, WIDTH], words) },
  });
  return {
    x: chunks(words, WIDTH),
    y: chunks([...numbers(y!)], WIDTH),
    imbalance: numbers(sum!)[0]!,
    weights: weights.map((weight) => [...numbers(weight)]),
  };
}

function chunks<T>(all: readonly T[], size: number): T[][] {
  return Array.from({ length: all.length / size }, (_, i) => all.slice(i * size, (i + 1) * size));
}

const times = (x: readonly number[], weights: readonly number[], columns: number): number[] =>
  Array.from({ length: columns }, (_, c) =>
    x.reduce((sum, value, r) => sum + value * weights[r * columns + c]!, 0),
  );

/** The definition, a word after the other: first choices of a group before its second ones. */
function expected(x: readonly number[][], weights: readonly number[][], shape: Case) {
  const { experts, chosen, groups, capacity } = shape;
  const [router, inner, output] = weights as [number[], number[], number[]];
  const places = Math.ceil(((WORDS / groups) * chosen * capacity) / experts);
  const y = x.map((word) => word.map(() => 0));
  let [imbalance, passed] = [0, 0];
  for (const words of chunks([...x.keys()], WORDS / groups)) {
    const taken = new Array<number>(experts).fill(0);
    const routes = words.map((w) => {
      const logits = times(x[w]!, router, experts);
      const sum = logits.reduce((total, logit) => total + Math.exp(logit), 0);
      const p = logits.map((logit) => Math.exp(logit) / sum);
      const best = [...p.keys()].sort((a, b) => p[b]! - p[a]!).slice(0, chosen);
      return { w, p, best, all: best.reduce((total, e) => total + p[e]!, 0) };
    });
    for (let choice = 0; choice < chosen; choice++) {
      for (const { w, p, best, all } of routes) {
        const e = best[choice]!;
        if (taken[e]! >= places) {
          passed++;
          continue;
        }
        taken[e]!++;
        const gate = chosen === 1 ? p[e]! : p[e]! / all;
        const hidden = times(x[w]!, inner.slice(e * WIDTH * INNER), INNER);
        const made = times(hidden, output.slice(e * INNER * WIDTH), WIDTH);
        for (const [i, value] of made.entries()) y[w]![i]! += gate * value;
      }
    }
    for (let e = 0; e < experts; e++) {
      const share = routes.filter(({ best }) => best[0] === e).length / words.length;
      const mean = routes.reduce((sum, { p }) => sum + p[e]!, 0) / words.length;
      imbalance += (experts * share * mean) / groups;
    }
  }
  return { y, imbalance, passed };
}

describe.each<Case & { readonly passing: boolean }>([
  { experts: 4, chosen: 1, groups: 1, capacity: 4, passing: false },
  { experts: 4, chosen: 1, groups: 1, capacity: 0.5, passing: true },
  { experts: 4, chosen: 1, groups: 3, capacity: 1, passing: true },
  { experts: 4, chosen: 2, groups: 1, capacity: 1, passing: true },
  { experts: 5, chosen: 3, groups: 2, capacity: 0.7, passing: true },
  { experts: 1, chosen: 1, groups: 1, capacity: 1, passing: false },
])('$experts experts, $chosen chosen, $groups groups, places for $capacity', ({ passing, ...shape }) => {
  it('gives places in order, and what the experts make times the gates', () => {
    const { x, y, imbalance, weights } = run(shape);
    const right = expected(x, weights, shape);
    expect(right.passed > 0).toBe(passing);
    for (const [w, word] of right.y.entries()) {
      for (const [i, value] of word.entries()) expect(y[w]![i]).toBeCloseTo(value, 4);
    }
    expect(imbalance).toBeCloseTo(right.imbalance, 5);
  });
});

const [BATCH, LENGTH] = [2, 8];
const gptMoe = configured(MODELS['gpt-moe']!, {
  layers: 4,
  width: 8,
  heads: 4,
  length: LENGTH,
  vocabulary: 16,
  experts: 8,
});

// Lepikhin et al., "GShard", section 3.2, and Rajbhandari et al., "DeepSpeed-MoE": two all-to-alls per mixture forward, and so
// two backward, each of all places of the rank's words.
test('a mixture exchanges its places by 4 all-to-alls, and shares by all-reduce among tensor ranks', () => {
  const builder = new GraphBuilder();
  const part = {
    expert: { rank: 1, ranks: 4, group: 'expert', algorithm: 'pairwise' },
    tensor: { rank: 0, ranks: 2, group: 'tensor', algorithm: 'auto' },
  };
  const { loss, parameters } = gptMoe.build(builder, { batch: BATCH, dtype: 'float32', part });
  builder.node(
    { ...noOp, effect: true },
    [loss, ...gradients(builder, loss, parameters)],
    {},
    { name: 'all' },
  );
  const kept = new Set(withoutDeadNodes(builder.finish()).name);
  for (const block of [2, 4]) {
    const scope = new RegExp(`^(gradients/)?block${block}/mixture/`);
    const found = builder.nodes.filter(
      ({ name, op }) => kept.has(name) && scope.test(name) && op.name.startsWith('All'),
    );
    const sent = found.filter(({ op }) => op.name === 'AllToAll');
    // 16 words, 1.25 · 16 / 8 = 2.5 places of each of 8 experts.
    expect(sent.map(({ inputs }) => elementCount(inputs[0]!.spec.shape))).toEqual(
      new Array(4).fill(8 * 3 * 8),
    );
    for (const { attrs } of sent)
      expect(attrs).toMatchObject({ group: 'expert', ranks: 4, algorithm: 'pairwise' });
    // The sum of what the ranks made; backward of what went in, and of the gates.
    const summed = found.filter(({ op }) => op.name === 'AllReduce');
    expect(summed.map(({ inputs }) => elementCount(inputs[0]!.spec.shape)).sort((a, b) => a - b)).toEqual([
      16, 128, 128,
    ]);
  }
});

test('experts are told apart from what all expert ranks have alike', () => {
  const expert = { rank: 1, ranks: 4, group: 'expert', algorithm: 'auto' };
  const build = (part?: object) =>
    gptMoe.build(new GraphBuilder(), { batch: BATCH, dtype: 'float32', ...part });
  expect(build().expertParameters).toBeUndefined();
  const { expertParameters, parameters } = build({ part: { expert } });
  expect(expertParameters!.map(({ node, spec }) => [node.name, spec.shape])).toEqual(
    [2, 4].flatMap((block) => [
      [`block${block}/mixture/experts/inner/weights`, [2, 8, 32]],
      [`block${block}/mixture/experts/output/weights`, [2, 32, 8]],
    ]),
  );
  expect(parameters.map(({ node }) => node.name)).toEqual(build().parameters.map(({ node }) => node.name));
});

test('what cannot be is refused', () => {
  expect(gptMoe.indivisible({ tensor: 1, sequence: false, expert: 3 })).toBe(
    '3 expert ranks do not divide 8 experts; 2 and 4 would',
  );
  expect(gptMoe.indivisible({ tensor: 2, sequence: true, expert: 1 })).toBe(
    'gpt-moe cannot be divided by words among tensor ranks (sequence)',
  );
  expect(() => configured(gptMoe, { chosen: 8, experts: 4 })).toThrow('8 experts cannot be chosen of 4');
  expect(() => configured(gptMoe, { every: 5 })).toThrow('one block of 5 with a mixture is none of 4');
  const build = () =>
    gptMoe.with({ groups: 3 }).build(new GraphBuilder(), { batch: BATCH, dtype: 'float32' });
  expect(build).toThrow(new UserError('3 groups do not divide the 16 words of a batch'));
});
