import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { lowerBounds } from '../../placement/bounds.ts';
import { drawProblem, TRAINING_FAMILIES } from '../../placement/learned-list/families.ts';
import { advantages } from '../../placement/learned-list/search.ts';
import { learnedList } from '../../placement/learned-list.ts';
import { listContext } from '../../placement/list-context.ts';
import type { Placement } from '../../placement/placer.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { policySession } from '../../scenarios/policy-session.ts';

describe('learned-list', () => {
  it('learns where list scheduling is wrong', () => {
    // A random layered graph on which 300 evaluations find a placement more than 1 % better than the first, which is the
    // prior's.
    const problem = drawProblem(TRAINING_FAMILIES.layered!, stream(5, 'layered'), 0.2, 'unlimited');
    const context = listContext(problem, stream(1, 'placer'));
    const place = () =>
      learnedList().place(problem, {
        ...listContext(problem, stream(1, 'placer')),
        session: policySession,
        evaluations: 320,
      });
    const result = place();
    const [, first] = result.history![0]!;
    const found = context.evaluate(result.placement);
    expect(found).toBeLessThan(0.99 * first);
    expect(found).toBeGreaterThanOrEqual(lowerBounds(problem).seconds);
    expect(result.evaluations).toBeLessThanOrEqual(320);
    expect(place()).toEqual(result);
  });

  it('counts samples that do not fit, and finds those that do', () => {
    const problem = drawProblem(TRAINING_FAMILIES.chains!, stream(2, 'chains'), 0.2, 'tight');
    const context = {
      ...listContext(problem, stream(1, 'placer')),
      session: policySession,
      evaluations: 100,
    };
    let failures = 0;
    const evaluate = (placement: Placement): number => {
      const score = context.evaluate(placement);
      if (score >= context.failing) failures++;
      return score;
    };
    const result = learnedList().place(problem, { ...context, evaluate });
    expect(context.evaluate(result.placement)).toBeLessThan(context.failing);
    expect(failures).toBeGreaterThan(0);
    expect(result.failures).toBe(failures);
  });

  it('places a problem without a choice', () => {
    const problem = taskProblem([{ seconds: 1 }, { seconds: 1, inputs: [{ from: 0, bytes: 1 }] }], {
      devices: 1,
    });
    const context = { ...listContext(problem, stream(1, 'placer')), session: policySession };
    expect([...learnedList().place(problem, context).placement]).toEqual([0, 0]);
  });

  it('ranks samples that do not fit below all others', () => {
    const [a, b, c, d] = advantages(Float64Array.of(1, 2, 1000, 3000), 1000);
    expect(a).toBeGreaterThan(b!);
    expect(b).toBeGreaterThan(c!);
    expect(c).toBeGreaterThan(d!);
  });
});
