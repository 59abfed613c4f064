import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { GraphBuilder } from '../../graph/builder.ts';
import { placeholder, variable } from '../../graph/ops/state.ts';
import { gradientDescent } from '../../graph/optimizers/gradient-descent.ts';
import { Advantages } from '../../placement/policy/advantages.ts';
import { withClippedNorm } from '../../placement/policy/clipped-norm.ts';
import { gumbelNoise, temperatureAt } from '../../placement/policy/exploration.ts';
import { groupFeatures, taskFeatures } from '../../placement/policy/group-features.ts';
import { schedulePriority, serialSeconds } from '../../placement/policy/yardsticks.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { policySession } from '../../scenarios/policy-session.ts';

describe('advantages', () => {
  const options = { decay: 0.9, failuresCountUntil: 0.5 };

  it('are differences of −√(seconds / unit) from a moving average that begins at the first mean', () => {
    const advantages = new Advantages(2, 8, Number.POSITIVE_INFINITY, options);
    // Rewards −1 and −3, mean −2; then −2 twice, against −2.
    expect([...advantages.of([2, 18], 0)]).toEqual([1, -1]);
    expect([...advantages.of([8, 8], 0)]).toEqual([0, 0]);
    // −1 twice, against −2: the average becomes −1.9.
    expect([...advantages.of([2, 2], 0)]).toEqual([1, 1]);
    expect(advantages.of([2], 0)[0]).toBeCloseTo(0.9, 12);
  });

  it('count what does not fit as twice the slowest so far, and the longer, the less it fits', () => {
    const advantages = new Advantages(1, 50, 1000, options);
    // Nothing fitted: serial 50 s, twice: −10; 1.44 times as far over: −12. Mean −11.
    expect([...advantages.of([1000, 1440], 0)]).toEqual([1, -1]);
    const late = new Advantages(1, 50, 1000, options);
    // The one that fits takes 18 s: −√18; the other −√36.
    const [fits, fails] = late.of([18, 1000], 0.2);
    expect(fits! - fails!).toBeCloseTo(6 - Math.sqrt(18), 12);
  });

  it('leave out late what does not fit, once any fitted', () => {
    const advantages = new Advantages(1, 4, 1000, options);
    expect([...advantages.of([1000, 2000], 0.9)]).not.toEqual([0, 0]);
    const [fits, fails] = advantages.of([1, 1000], 0.9);
    expect(fits).toBeGreaterThan(0);
    expect(fails).toBe(0);
    expect([...advantages.of([1000, 1000], 0.9)]).toEqual([0, 0]);
  });

  it('survive scores that are no numbers', () => {
    const advantages = new Advantages(0, 0, Number.POSITIVE_INFINITY, options);
    const scores = [Number.NaN, Number.POSITIVE_INFINITY, 1];
    expect(advantages.of(scores, 0).every(Number.isFinite)).toBe(true);
  });
});

it('clips gradients by the norm of all of them together', () => {
  const step = (slopes: readonly number[], bound: number): number[] => {
    const builder = new GraphBuilder();
    const gradients = slopes.map((_, i) => {
      const dtype = 'float32' as const;
      const attrs = { dtype, shape: [1], trainable: true, initializer: 'zeros' as const };
      return {
        parameter: builder.add(variable, [], attrs, { name: `w${i}` }),
        gradient: builder.add(placeholder, [], { dtype, shape: [1] }, { name: `g${i}` }),
      };
    });
    const { nodes } = withClippedNorm(gradientDescent(1), bound)(builder, gradients);
    const session = policySession(builder.finish(), 1);
    const feeds = Object.fromEntries(
      slopes.map((slope, i) => [`g${i}`, { shape: [1], data: Float32Array.of(slope) }]),
    );
    session.run({ feeds, fetches: [], targets: nodes.map(({ name }) => name) });
    return session.run({ feeds: {}, fetches: slopes.map((_, i) => `w${i}:0`) }).map(([value]) => value!);
  };
  expect(step([3, 4], 10)).toEqual([-3, -4]);
  for (const [i, moved] of step([3, 4], 1).entries()) expect(moved).toBeCloseTo([-0.6, -0.8][i]!, 6);
});

describe('exploration', () => {
  it('draws Gumbel noise: adding it to logits and taking the greatest draws by their softmax', () => {
    const logits = [0, 1, 2];
    const noise = gumbelNoise(3 * 20_000, stream(4));
    const counts = [0, 0, 0];
    for (let i = 0; i < 20_000; i++) {
      const noisy = logits.map((l, d) => l + noise[3 * i + d]!);
      counts[noisy.indexOf(Math.max(...noisy))]!++;
    }
    const total = logits.reduce((sum, l) => sum + Math.exp(l), 0);
    // Three standard deviations of a share of 20,000 draws are about 0.01.
    for (const [d, l] of logits.entries()) {
      expect(Math.abs(counts[d]! / 20_000 - Math.exp(l) / total)).toBeLessThan(0.0106);
    }
  });

  it('cools geometrically to 1', () => {
    expect([0, 0.25, 0.5, 1].map((share) => temperatureAt(share, 100, 0.5))).toEqual([100, 10, 1, 1]);
  });
});

describe('features', () => {
  const problem = taskProblem(
    [
      { op: 'A', seconds: [1, 2] },
      { op: 'B', seconds: [4, 3], inputs: [{ from: 0, bytes: 7 }] },
      { op: 'A', seconds: [1, 2], inputs: [{ from: 0, bytes: 3 }] },
      { op: 'A', seconds: [1, 2], inputs: [{ from: 1, bytes: 1 }] },
    ],
    { devices: 2 },
  );

  it('of groups are kinds of ops, sizes of outputs, and edges in both directions', () => {
    const tasks = taskFeatures(problem);
    expect([...tasks.kind]).toEqual([0, 1, 0, 0]);
    const features = groupFeatures(problem, tasks, Int32Array.of(0, 1, 0, -1), 2);
    expect([...features.tasks]).toEqual([2, 1]);
    expect([...features.kindCounts]).toEqual([2, 0, 0, 1]);
    // Task 0 has outputs of 7 and 3 bytes, logarithms of 8 and 4 over that of 8; task 1 one of 1 byte.
    const expected = [1, 2 / 3, 0, 0, 1 / 3, 0, 0, 0];
    for (const [i, size] of features.sizes.entries()) expect(size).toBeCloseTo(expected[i]!, 6);
    expect([...features.adjacency]).toEqual([0, 0, 0, 1, 1, 0, 0, 0]);
  });

  it('of the whole: seconds one after another, and the order where schedules are sought', () => {
    expect(serialSeconds(problem)).toBe(6);
    const context = { evaluate: () => 1, failing: Number.POSITIVE_INFINITY, random: stream(1) };
    expect(schedulePriority(problem, context)).toBeUndefined();
    // Mean seconds 1.5, 3.5, 1.5, 1.5 and mean transfers of 7, 3 and 1 s.
    const ranks = schedulePriority(problem, { ...context, evaluateOrdered: () => 1 });
    expect([...ranks!]).toEqual([14.5, 6, 1.5, 1.5]);
  });
});
