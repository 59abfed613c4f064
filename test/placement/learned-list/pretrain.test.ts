import { describe, expect, it } from 'vitest';
import { stream } from '../../../base/random.ts';
import { heft } from '../../../placement/heft.ts';
import { drawProblem, TRAINING_FAMILIES, UNSEEN_FAMILIES } from '../../../placement/learned-list/families.ts';
import { PRETRAIN_DEFAULTS, pretrain } from '../../../placement/learned-list/pretrain.ts';
import { readWeights, shippedWeights, storedWeights } from '../../../placement/learned-list/shipped.ts';
import { learnedListZeroShot } from '../../../placement/learned-list-zero-shot.ts';
import { listContext } from '../../../placement/list-context.ts';
import { policySession } from '../../../scenarios/policy-session.ts';

describe('pre-training', () => {
  it('gives the same policy each time, and says how it did on other draws on the way', () => {
    const families = Object.entries(TRAINING_FAMILIES).filter(([name]) => name === 'fork-join');
    const options = { ...PRETRAIN_DEFAULTS, problems: 12, validation: { problems: 4, every: 6 } };
    const once = pretrain(families, policySession, options);
    expect(once.episodes).toBe(12 * 2 * 16);
    expect(once.validation.map(([problems]) => problems)).toEqual([6, 12]);
    expect(pretrain(families, policySession, options)).toEqual(once);
  });

  it('keeps weights in files', () => {
    const weights = shippedWeights();
    expect(readWeights(storedWeights(weights))).toEqual(weights);
    expect(() => readWeights({ w1: [1], b1: [], w2: [] })).toThrow(RangeError);
  });
});

describe('the shipped policy without learning', () => {
  it('is no worse than HEFT by more than 2 % on the median of unseen families, tight memory included', () => {
    const ratios: number[] = [];
    for (const [name, family] of Object.entries(UNSEEN_FAMILIES)) {
      for (let i = 0; i < 4; i++) {
        const tightness = i % 2 === 0 ? 'unlimited' : 'tight';
        const problem = drawProblem(family, stream(i, 'unseen', name), 0.3, tightness);
        const context = listContext(problem, stream(i, 'placer'));
        const result = learnedListZeroShot().place(problem, context);
        const scores = [result, heft.place(problem, listContext(problem, stream(i, 'placer')))].map(
          ({ placement }) => context.evaluate(placement),
        );
        expect(learnedListZeroShot().place(problem, listContext(problem, stream(i, 'placer')))).toEqual(
          result,
        );
        ratios.push(scores[0]! / scores[1]!);
      }
    }
    ratios.sort((a, b) => a - b);
    expect(ratios[ratios.length / 2]).toBeLessThan(1.02);
  });
});
