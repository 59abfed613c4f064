import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { ListTimer } from '../../placement/list-timer.ts';
import type { PlacerContext } from '../../placement/placer.ts';
import { gumbelNoise } from '../../placement/policy/exploration.ts';
import { groupFeatures, taskFeatures } from '../../placement/policy/group-features.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { cappedGroups } from '../../placement/seq2seq/capped-groups.ts';
import { seq2seqGraph } from '../../placement/seq2seq/policy-graph.ts';
import { seq2seq } from '../../placement/seq2seq.ts';
import { taskProblem } from '../../placement/task-problem.ts';
import { policySession } from '../../scenarios/policy-session.ts';
import { listSchedule } from './list-schedule.ts';
import { plainContext } from './plain-context.ts';
import { bruteForce, grid, SMALL_GRAPHS } from './policy-problems.ts';
import { clusterOf, contextOn, problemOn, taskMachine } from './tasks.ts';

const timedContext = (problem: PlacementProblem, seed?: number): PlacerContext => ({
  ...plainContext(problem, seed),
  session: policySession,
});
describe('the policy', () => {
  const [groups, devices, samples] = [5, 3, 4];
  const problem = grid(1, groups, { devices });
  const tasks = taskFeatures(problem);
  const feasible = [
    [0, 1, 2],
    [0, 2],
    [0, 1, 2],
    [1, 2],
    [0, 1, 2],
  ];
  for (const aligned of [true, false]) {
    const policy = seq2seqGraph(
      {
        groups,
        devices,
        samples,
        aligned,
        hidden: 8,
        deviceWidth: 4,
        tanhConstant: 5,
        kinds: tasks.kinds,
        kindWidth: 4,
        learningRate: 0.05,
        clipNorm: 1,
      },
      groupFeatures(problem, tasks, Int32Array.of(0, 1, 2, 3, 4), groups),
      feasible,
    );
    const session = policySession(policy.graph, 3);
    const temperature = { shape: [], data: Float32Array.of(0.7) };
    const draw = () => {
      const noise = {
        shape: [groups, samples, devices],
        data: gumbelNoise(groups * samples * devices, stream(9)),
      };
      const [drawn, logits] = session.run({
        feeds: { noise, temperature },
        fetches: [policy.devices, policy.logits],
      });
      return { chosen: { shape: [groups, samples], data: Int32Array.from(drawn!) }, logits: logits! };
    };
    const probability = (chosen: { shape: number[]; data: Int32Array }): Float32Array =>
      session.run({ feeds: { chosen, temperature }, fetches: [policy.negativeLogProbability] })[0]!;

    it(`draws by the probabilities that it learns by${aligned ? '' : ', by attention alone'}`, () => {
      const { chosen, logits } = draw();
      const expected = new Float64Array(samples);
      for (const [i, device] of chosen.data.entries()) {
        const row = logits.subarray(i * devices, (i + 1) * devices);
        expect(feasible[Math.floor(i / samples)]).toContain(device);
        expected[i % samples]! -= row[device]! - Math.log(row.reduce((sum, l) => sum + Math.exp(l), 0));
      }
      for (const [k, value] of probability(chosen).entries()) expect(value).toBeCloseTo(expected[k]!, 5);
    });

    it(`makes what was better than usual more probable${aligned ? '' : ', by attention alone'}`, () => {
      const { chosen } = draw();
      const before = probability(chosen);
      const weights = { shape: [samples], data: Float32Array.of(0.25, 0, 0, 0) };
      for (let i = 0; i < 5; i++) {
        session.run({ feeds: { chosen, temperature, weights }, fetches: [], targets: [policy.train] });
      }
      expect(probability(chosen)[0]).toBeLessThan(before[0]! - 0.1);
    });
  }
});

describe('seq2seq', () => {
  for (const [name, graph] of Object.entries(SMALL_GRAPHS)) {
    for (const seed of [1, 2, 3]) {
      it(`is sure of the optimum of "${name}" (seed ${seed})`, () => {
        const machine = taskMachine(graph);
        const problem = problemOn(graph, clusterOf('GPU:0', 'GPU:1'), machine);
        const optimum = bruteForce(graph.nodeCount, (choice) => listSchedule(graph, choice, machine));
        const scores: number[] = [];
        const context = contextOn(graph, machine, seed);
        const evaluate = (placement: Int32Array): number => {
          scores.push(context.evaluate(placement));
          return scores.at(-1)!;
        };
        const placer = seq2seq({ hidden: 16, learningRate: 0.01, evaluations: 400 });
        const { placement } = placer.place(problem, { ...context, evaluate, session: policySession });
        expect(listSchedule(graph, placement, machine)).toBe(optimum);
        expect(scores.slice(-20)).toEqual(new Array(20).fill(optimum));
      });
    }
  }

  it('reaches a single device where crossing is dear, from far above', () => {
    const problem = grid(2, 12, { secondsPerByte: 4 });
    const scores: number[] = [];
    const context = timedContext(problem);
    const evaluate = (placement: Int32Array): number => {
      scores.push(context.evaluate(placement));
      return scores.at(-1)!;
    };
    const placer = seq2seq({ hidden: 16, learningRate: 0.01, evaluations: 600 });
    const { placement, evaluations } = placer.place(problem, { ...context, evaluate });
    expect(evaluations).toBe(scores.length);
    expect(context.evaluate(placement)).toBeLessThanOrEqual(24);
    expect(Math.min(...scores.slice(0, 20))).toBeGreaterThan(30);
  });

  it('is the same with the same seed, and keeps to the evaluations that it may use', () => {
    const problem = grid(2, 4);
    const placer = seq2seq({ hidden: 8 });
    const place = (seed: number) =>
      placer.place(problem, { ...timedContext(problem, seed), evaluations: 37 });
    expect(place(5)).toEqual(place(5));
    expect(place(5).evaluations).toBe(37);
  });

  it('counts placements that do not fit, and learns to fit', () => {
    const problem = grid(2, 4, { capacityBytes: [5, 5] });
    const timer = new ListTimer(problem);
    const context = { ...timedContext(problem), failing: 1000 };
    const evaluate = (placement: Int32Array): number => {
      const second = placement.reduce((sum, d) => sum + d, 0);
      const excess = Math.max(second, 8 - second) - 5;
      return excess > 0 ? 1000 * (1 + excess / 5) : timer.seconds(placement);
    };
    const placer = seq2seq({ hidden: 16, evaluations: 300 });
    const { placement, failures, evaluations } = placer.place(problem, { ...context, evaluate });
    expect(evaluate(placement)).toBeLessThan(1000);
    expect(failures).toBeGreaterThan(0);
    expect(failures).toBeLessThan(evaluations / 2);
  });

  it('places a single task', () => {
    const problem = taskProblem([{ seconds: [3, 2] }], { devices: 2 });
    const { placement } = seq2seq({ hidden: 8, evaluations: 40 }).place(problem, timedContext(problem));
    expect([...placement]).toEqual([1]);
  });

  it('needs a session, but not where there is no choice', () => {
    const alone = taskProblem([{ seconds: 1 }], { devices: 1 });
    const { session: _, ...context } = timedContext(alone);
    expect([...seq2seq().place(alone, context).placement]).toEqual([0]);
    expect(() => seq2seq().place(grid(1, 2), context)).toThrow('needs context.session');
  });
});

describe('capped groups', () => {
  it('are runs of consecutive groups with the same devices', () => {
    const feasible = [
      [0, 1],
      [0, 1],
      [1, 2],
      [0, 1],
      [1, 2],
      [0, 1],
      [1, 2],
    ];
    const groups = feasible.map((devices, i) => ({ name: `${i}`, feasible: devices, block: 0 }));
    const all = {
      groups,
      blocks: [{ name: '', parent: -1 }],
      groupOf: Int32Array.of(0, 1, 2, 3, 4, 5, 6, -1),
    };
    expect([...cappedGroups(all, 7).groupOf]).toEqual([0, 1, 2, 3, 4, 5, 6, -1]);
    const capped = cappedGroups(all, 4);
    expect([...capped.groupOf]).toEqual([0, 0, 1, 2, 1, 2, 3, -1]);
    expect(capped.groups.map((group) => group.feasible)).toEqual([
      [0, 1],
      [1, 2],
      [0, 1],
      [1, 2],
    ]);
  });
});
