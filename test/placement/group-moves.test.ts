import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { stream } from '../../base/random.ts';
import { choiceOf, GroupMoves, MOVE_ODDS } from '../../placement/group-moves.ts';
import type { PlacementProblem } from '../../placement/problem.ts';
import { type PlainTask, taskProblem } from '../../placement/task-problem.ts';
import { grid } from './policy-problems.ts';

/** Chains of three tasks each, of which the last of every other chain may not run on device 0. */
const chains = (devices: number): PlacementProblem =>
  taskProblem(
    Array.from({ length: 12 }, (_, i): PlainTask => {
      const seconds = Array.from({ length: devices }, () => 1 + (i % 2));
      if (i % 6 === 5) seconds[0] = Number.POSITIVE_INFINITY;
      return { seconds, inputs: i % 3 === 0 ? [] : [{ from: i - 1, bytes: 1 }] };
    }),
    { devices },
  );

describe('moves of op groups', () => {
  it('keep to feasible devices, and are taken back exactly', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5 }), fc.nat(1000), (devices, seed) => {
        const problem = chains(devices);
        const groups = problem.opGroups(210);
        const moves = new GroupMoves(problem, groups);
        const random = stream(seed, 'moves');
        for (let i = 0; i < 50; i++) {
          const before = [...moves.placement];
          const changed = moves.propose(random);
          expect([...moves.placement].join() !== before.join()).toBe(changed);
          for (const [task, d] of moves.placement.entries()) {
            expect(problem.feasible[problem.group[task]!]).toContain(d);
          }
          expect(choiceOf(groups, moves.placement)).toEqual(moves.choice);
          if (i % 2 === 0) {
            moves.undo();
            expect([...moves.placement]).toEqual(before);
          }
        }
      }),
      { seed: 1, numRuns: 30 },
    );
  });

  it('propose only the first of several empty devices that differ in nothing', () => {
    const problem = grid(2, 3, { devices: 6 });
    const moves = new GroupMoves(problem, problem.opGroups(210), { ...MOVE_ODDS, swap: 0, drag: 0 });
    const random = stream(1, 'moves');
    for (let i = 0; i < 100; i++) {
      moves.propose(random);
      for (const d of moves.placement) expect(d).toBeLessThanOrEqual(1);
      moves.undo();
    }
  });

  it('take connected groups along', () => {
    const problem = chains(2);
    const odds = { ...MOVE_ODDS, swap: 0, drag: 1, dragged: 3 };
    const moves = new GroupMoves(problem, problem.opGroups(210), odds);
    const random = stream(1, 'moves');
    for (let i = 0; i < 50; i++) {
      moves.propose(random);
      const moved = [...moves.placement.keys()].filter(
        (task) => moves.placement[task] === 1 && task % 6 !== 5,
      );
      expect(new Set(moved.map((task) => Math.floor(task / 3))).size).toBeLessThanOrEqual(1);
      moves.undo();
    }
  });
});
