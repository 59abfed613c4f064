import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { tensor } from '../../graph/tensor.ts';
import { MODELS } from '../../graph/zoo/index.ts';
import type { ModelPart } from '../../graph/zoo/model.ts';
import { configured } from '../../graph/zoo/settings.ts';
import { algorithm, expectClose, expectSameNumbers, type RankResult, runRanks } from './ranks.ts';

/*
 * Experts divided among ranks that have a batch each: the numbers are those of one device that has all batches, with one group
 * of words per rank.
 */

const [BATCH, LENGTH, VOCABULARY] = [3, 4, 12];
const gptMoe = configured(MODELS['gpt-moe']!, {
  layers: 2,
  width: 8,
  heads: 2,
  length: LENGTH,
  vocabulary: VOCABULARY,
  experts: 4,
});

/** Of `batches` batches from number `first` on. */
function words(placeholder: string, step: number, first: number, batches: number) {
  const numbers = Array.from({ length: batches }, (_, i) => {
    const draws = stream(7, placeholder, `${step}/${first + i}`);
    return Array.from({ length: BATCH * LENGTH }, () => draws.below(VOCABULARY));
  }).flat();
  const count = BATCH * batches;
  return tensor('int64', placeholder === 'labels' ? [count * LENGTH] : [count, LENGTH], numbers);
}

interface Choice {
  readonly chosen: number;
  readonly capacity: number;
}

function trained({ chosen, capacity }: Choice, experts: number, tensors: number): RankResult[] {
  const model = gptMoe.with({ chosen, capacity });
  const ids = (count: number) => [...new Array(count).keys()];
  const groups = Object.fromEntries([
    ...ids(experts).map((e) => [`tensor/${e}`, ids(tensors).map((t) => e * tensors + t)] as const),
    ...ids(tensors).map((t) => [`expert/${t}`, ids(experts).map((e) => e * tensors + t)] as const),
  ]);
  return runRanks({
    ranks: experts * tensors,
    updates: 3,
    groups,
    feed: (placeholder, rank, step) => words(placeholder, step, Math.floor(rank / tensors), 1),
    author: (builder, place) => {
      const [e, t] = [Math.floor(place / tensors), place % tensors];
      const part: ModelPart = {
        tensor: { rank: t, ranks: tensors, group: `tensor/${e}`, algorithm },
        expert: { rank: e, ranks: experts, group: `expert/${t}`, algorithm },
      };
      return { ...model.build(builder, { batch: BATCH, dtype: 'float32', part }), part };
    },
  });
}

function alone({ chosen, capacity }: Choice, groups: number): RankResult {
  const model = gptMoe.with({ chosen, capacity, groups });
  const [result] = runRanks({
    ranks: 1,
    updates: 3,
    feed: (placeholder, _rank, step) => words(placeholder, step, 0, groups),
    author: (builder) => model.build(builder, { batch: BATCH * groups, dtype: 'float32' }),
  });
  return result!;
}

describe.each([
  // 0.5 · 12 / 4 = 1.5, of which 2 places: half of the words find none, and more of one expert's.
  { chosen: 1, capacity: 50 },
  { chosen: 1, capacity: 125 },
  { chosen: 2, capacity: 100 },
])('$chosen experts per word, places for $capacity %', (choice) => {
  it.each([
    [2, 1],
    [4, 1],
    [2, 2],
  ])('has the numbers of one device on %i expert ranks of %i tensor ranks each', (experts, tensors) => {
    const expected = alone(choice, experts);
    const together = trained(choice, experts, tensors);
    const mean = together.reduce((sum, { loss }) => sum + loss, 0) / together.length;
    expectClose([mean], [expected.loss], 'loss');
    expectSameNumbers(together, expected);
  });
});

it('has a group of words of its own on each rank: other numbers than those of one group', () => {
  const choice = { chosen: 1, capacity: 50 };
  const one = gptMoe.with({ ...choice, groups: 1 });
  const [result] = runRanks({
    ranks: 1,
    updates: 3,
    feed: (placeholder, _rank, step) => words(placeholder, step, 0, 2),
    author: (builder) => one.build(builder, { batch: 2 * BATCH, dtype: 'float32' }),
  });
  expect(result!.loss).not.toBeCloseTo(alone(choice, 2).loss, 5);
});
