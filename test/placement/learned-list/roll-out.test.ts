import { describe, expect, it } from 'vitest';
import { stream } from '../../../base/random.ts';
import { drawProblem, TRAINING_FAMILIES, UNSEEN_FAMILIES } from '../../../placement/learned-list/families.ts';
import { policyFeeds } from '../../../placement/learned-list/learner.ts';
import { initialWeights, type PolicyWeights } from '../../../placement/learned-list/policy.ts';
import { policyGraph } from '../../../placement/learned-list/policy-graph.ts';
import { RollOut } from '../../../placement/learned-list/roll-out.ts';
import { listContext } from '../../../placement/list-context.ts';
import { taskProblem } from '../../../placement/task-problem.ts';
import { policySession } from '../../../scenarios/policy-session.ts';

/** Weights whose network has a say. */
function loudWeights(seed: number): PolicyWeights {
  const weights = initialWeights(stream(seed, 'weights'));
  return { ...weights, w2: weights.w2.map((w) => 20 * w), b1: weights.b1.map((_, i) => 0.1 * (i - 8)) };
}

describe('roll-out of the learned list scheduler', () => {
  for (const [name, family] of Object.entries({ ...TRAINING_FAMILIES, ...UNSEEN_FAMILIES })) {
    it(`decides with the probabilities of the policy graph (${name})`, () => {
      const random = stream(3, name);
      const problem = drawProblem(family, random, 0, 'tight');
      const rollOut = new RollOut(problem);
      const rollOuts = 2;
      const decisions = rollOut.decisions(rollOuts);
      const weights = loudWeights(1);
      for (let at = 0; at < rollOuts; at++) {
        rollOut.run(weights, { random, temperature: 1 }, { into: decisions, at });
      }
      const graph = policyGraph({
        decisions: rollOuts * decisions.limit,
        deviceCount: problem.deviceCount,
        learningRate: 0.01,
        entropy: 1e-3,
        rollOuts,
        clipNorm: 1,
      });
      const session = policySession(graph, 0);
      for (const [variable, data] of Object.entries(weights)) {
        const shape = variable === 'w1' ? [data.length / 16, 16] : variable === 'w2' ? [16, 1] : [16];
        session.assign(variable, { shape, data });
      }
      const feeds = policyFeeds(decisions, new Float32Array(decisions.choice.length));
      const [logProbability] = session.run({ feeds, fetches: ['logProbability:0'] });
      let used = 0;
      for (const [row, choice] of decisions.choice.entries()) {
        if (choice < 0) continue;
        used++;
        expect(Math.abs(logProbability![row]! - decisions.logProbability[row]!)).toBeLessThan(1e-5);
      }
      expect(used).toBeGreaterThan(0);
    });

    it(`places whole groups on feasible devices (${name})`, () => {
      for (let seed = 0; seed < 4; seed++) {
        const random = stream(seed, name);
        const problem = drawProblem(family, random, 0.2, seed % 2 === 0 ? 'tight' : 'unlimited');
        const placement = new RollOut(problem).run(loudWeights(seed), { random, temperature: 1 });
        for (let task = 0; task < problem.taskCount; task++) {
          const g = problem.group[task]!;
          expect(problem.feasible[g]).toContain(placement[task]);
          expect(placement[task]).toBe(placement[problem.member[problem.memberStart[g]!]!]);
        }
        expect(listContext(problem, random).evaluate(placement)).toBeGreaterThan(0);
      }
    });
  }

  it('starts as list scheduling that knows memory', () => {
    // Two tasks of 1 s that hold 6 bytes each, on two devices of 10 bytes: one each. Without memory too: 1 s, not 2.
    const tasks = [0, 1].map(() => ({ seconds: 1, residentBytes: 6 }));
    const still = initialWeights(stream(1, 'weights'));
    const one = taskProblem(tasks, { devices: 2, capacityBytes: [10, 10] });
    expect([...new RollOut(one).run(still)].sort()).toEqual([0, 1]);
    // The second, on the heels of the first, would stay on its device, where it finds no room.
    const chain = tasks.map((task, i) => ({ ...task, ...(i > 0 && { inputs: [{ from: 0, bytes: 1 }] }) }));
    expect([...new RollOut(taskProblem(chain, { devices: 2 })).run(still)]).toEqual([0, 0]);
    const tight = taskProblem(chain, { devices: 2, capacityBytes: [10, 10] });
    expect([...new RollOut(tight).run(still)]).toEqual([0, 1]);
  });

  it('brings variables along with the first task that reads them', () => {
    // The variable takes no time and would be placed first; its reader runs on the second device ten times as fast.
    const tasks = [
      { seconds: 0, residentBytes: 8 },
      { seconds: [10, 1], inputs: [{ from: 0, bytes: 8 }] },
      { seconds: 0.1, inputs: [{ from: 1, bytes: 8 }], colocateWith: 0 },
    ];
    const placement = new RollOut(taskProblem(tasks, { devices: 2 })).run(initialWeights(stream(1, 'w')));
    expect([...placement]).toEqual([1, 1, 1]);
  });
});
